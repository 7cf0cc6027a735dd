"""Which processes hold sockets: a function of the shell for the probes that read sockets."""

from __future__ import annotations

HOLDERS = r"""
holders() {
  find /proc/[0-9]*/fd -lname 'socket:*' -printf '%h %l\n' 2>/dev/null | WANTED=$1 awk '
    BEGIN { count = split(ENVIRON["WANTED"], list, "\n"); for (i in list) wanted[list[i]] = 1 }
    { split($1, path, "/"); inode = substr($2, 9, length($2) - 9) }
    inode in wanted { print "holder\t" inode "\t" path[3] }' | sort -u
}
"""
"""Defines ``holders INODES``: it prints ``holder INODE PID`` for each process that holds one of the
sockets; the inodes are one on a line."""
