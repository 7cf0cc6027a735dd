group() { getent group "$1" >/dev/null || groupadd -g "$2" "$1" || :; }
user() { getent passwd "$1" >/dev/null || useradd -M -N -u "$2" -g "$3" -d "$4" -s "$5" -c "$6" "$1" || :; }
group root 0
group web 70
user root 0 0 /root /bin/bash ''
user ada 1000 1000 /home/ada /bin/bash Ada
gpasswd -M ada web || :
[ -e /home/ada ] || install -d -m 0755 -o 1000 -g 1000 /home/ada
