"""Servers that are set up by hand, and accessible over real SSH."""

from __future__ import annotations

import subprocess
from pathlib import Path

from upgradeproof.machines import Machine

INSTALL = (
    "export DEBIAN_FRONTEND=noninteractive; set -e; apt-get -q update --error-on=any;"
    " apt-get -q -y install --no-install-recommends openssh-server PACKAGES >/dev/null\n"
)

MAIL_PACKAGES = "postfix dovecot-imapd dovecot-lmtpd openssl cron sudo"
MAIL = r"""
cd /etc/postfix
openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=mail.example.test \
  -addext subjectAltName=DNS:mail.example.test -keyout /etc/ssl/private/mail.key \
  -out /etc/ssl/certs/mail.pem 2>/dev/null
chmod 640 /etc/ssl/private/mail.key
postconf -e myhostname=mail.example.test 'mydestination=$myhostname, localhost' \
  smtpd_tls_cert_file=/etc/ssl/certs/mail.pem smtpd_tls_key_file=/etc/ssl/private/mail.key \
  virtual_mailbox_domains=example.test virtual_mailbox_maps=hash:/etc/postfix/mailboxes \
  virtual_transport=lmtp:unix:private/dovecot-lmtp smtpd_sasl_type=dovecot \
  smtpd_sasl_path=private/auth smtpd_sasl_auth_enable=yes 'relayhost=[relay.example.test]:587' \
  smtp_sasl_auth_enable=yes smtp_sasl_password_maps=hash:/etc/postfix/sasl_passwd \
  smtp_tls_security_level=encrypt inet_protocols=ipv4
postconf -M 'submission/inet=submission inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes'
echo 'ada@example.test example.test/ada/' >mailboxes; postmap mailboxes
umask 077
echo '[relay.example.test]:587 mailer:Planted-relay-pw-71' >sasl_passwd; postmap sasl_passwd
umask 022
groupadd -g 5000 vmail; useradd -u 5000 -g vmail -d /var/vmail -M -s /usr/sbin/nologin vmail
useradd -m -s /bin/bash -c 'Ada Lovelace' ada
echo 'ada:Planted-login-pw-72' | chpasswd
mkdir -p /var/vmail/example.test/ada; chown -R vmail: /var/vmail; chmod 700 /var/vmail
cd /etc/dovecot
cat >local.conf <<'END'
protocols = imap lmtp
mail_location = maildir:/var/vmail/%d/%n
ssl = required
ssl_cert = </etc/ssl/certs/mail.pem
ssl_key = </etc/ssl/private/mail.key
disable_plaintext_auth = yes
passdb {
  driver = passwd-file
  args = scheme=SHA512-CRYPT username_format=%u /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=/var/vmail/%d/%n
}
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    mode = 0600
    user = postfix
    group = postfix
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
END
sed -i 's/^!include auth-system/#&/' conf.d/10-auth.conf
umask 027
cat >users <<END
ada@example.test:$(doveadm pw -s SHA512-CRYPT -p Planted-mailbox-pw-73)
bob@example.test:{PLAIN}Planted-plain-pw-74
END
chgrp dovecot users
umask 022
cat >/usr/local/sbin/mail-report <<'END'
#!/bin/sh
API_TOKEN=Planted-token-Zx83hQw0pL75
curl -s -u report:Planted-curl-pw-76 "https://hook:Planted-url-pw-77@example.test/" >/dev/null
END
chmod 755 /usr/local/sbin/mail-report
echo '30 4 * * * root /usr/local/sbin/mail-report --password Planted-cron-pw-78' \
  >/etc/cron.d/mail-report
cat >/etc/systemd/system/queue-watch.service <<'END'
[Service]
Environment=WATCH_SECRET=Planted-unit-pw-79
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
END
mkdir -p /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /etc/postfix/backup_key
rm -f /etc/postfix/makedefs.out
printf 'net.core.somaxconn = 1024\n' >/etc/sysctl.d/60-mail.conf
apt-mark -q hold openssl
systemctl daemon-reload
systemctl -q enable --now queue-watch postfix dovecot cron
systemctl restart postfix dovecot ssh; sysctl -q -p /etc/sysctl.d/60-mail.conf
"""

EDGE_PACKAGES = "nginx haproxy redis-server etcd-server etcd-client openssl cron"
EDGE = r"""
mkdir -p /srv/edge; echo 'served by the edge' >/srv/edge/index.html
cat >/etc/nginx/sites-available/edge.conf <<'END'
server {
  listen 127.0.0.1:8080;
  root /srv/edge;
  location /status { auth_basic "status"; auth_basic_user_file /etc/nginx/htpasswd; }
}
END
ln -s ../sites-available/edge.conf /etc/nginx/sites-enabled/edge.conf
rm /etc/nginx/sites-enabled/default
echo "ada:$(openssl passwd -apr1 Planted-web-pw-81)" >/etc/nginx/htpasswd
sed -i 's/worker_connections 768;/worker_connections 1024;/' /etc/nginx/nginx.conf
mkdir -p -m 700 /etc/haproxy/certs; cd /etc/haproxy/certs
openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=edge.test \
  -addext subjectAltName=DNS:edge.test -keyout key.pem -out edge.crt 2>/dev/null
cat edge.crt key.pem >edge.pem; rm key.pem
cat >>/etc/haproxy/haproxy.cfg <<'END'

userlist admins
  user ada insecure-password Planted-proxy-pw-82
frontend edge
  bind :443 ssl crt /etc/haproxy/certs/edge.pem
  default_backend web
backend web
  server nginx 127.0.0.1:8080 check
END
sed -i 's/^bind .*/bind 127.0.0.1/; s/^# requirepass .*/requirepass Planted-redis-pw-83/' \
  /etc/redis/redis.conf
echo 'ETCD_NAME=edge' >>/etc/default/etcd
useradd -m -s /bin/bash deploy; usermod -aG www-data deploy
systemctl disable -q --now etcd; systemctl enable -q --now etcd
systemctl restart nginx haproxy redis-server etcd
"""

WEB_PACKAGES = "apache2 php-fpm php-mysql mariadb-server openssl cron logrotate"
WEB = r"""
mkdir -p /srv/shop; echo '<?php echo "shop";' >/srv/shop/index.php
mkdir -p /etc/shop
cat >/etc/shop/config.php <<'END'
<?php
define('DB_PASSWORD', 'Planted-shop-pw-84');
$config['secret_key'] = "Planted-shop-key-85";
END
chown root:www-data /etc/shop/config.php; chmod 640 /etc/shop/config.php
a2enmod -q proxy_fcgi setenvif rewrite headers >/dev/null; a2enconf -q php8.2-fpm
a2dissite -q 000-default
cat >/etc/apache2/sites-available/shop.conf <<'END'
<VirtualHost *:80>
  ServerName shop.example.test
  DocumentRoot /srv/shop
  SetEnv API_TOKEN Planted-env-token-86
  <Directory /srv/shop>
    Require all granted
  </Directory>
</VirtualHost>
END
a2ensite -q shop
sed -i 's/^memory_limit = .*/memory_limit = 256M/' /etc/php/8.2/fpm/php.ini
sed -i 's/^pm.max_children = .*/pm.max_children = 12/' /etc/php/8.2/fpm/pool.d/www.conf
printf '[mysqld]\nmax_connections = 70\n' >/etc/mysql/mariadb.conf.d/90-shop.cnf
mariadb -e "create database shop; create user shop@localhost identified by 'Planted-shop-pw-84'"
cat >/usr/local/bin/shop-backup <<'END'
#!/bin/sh
mysqldump -ushop -pPlanted-dump-pw-87 shop >/var/backups/shop.sql
END
chmod 755 /usr/local/bin/shop-backup
cat >/etc/systemd/system/shop-backup.service <<'END'
[Service]
Type=oneshot
ExecStart=/usr/local/bin/shop-backup
END
printf '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n' \
  >/etc/systemd/system/shop-backup.timer
systemctl daemon-reload; systemctl enable -q --now shop-backup.timer
systemctl restart apache2 php8.2-fpm mariadb
"""


def reach(machine: Machine, folder: Path) -> Path:
    """Authorise a new key to log in as root; return the configuration file for ``ssh``."""
    key = folder / "id"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=30
    )
    public = key.with_suffix(".pub").read_bytes()
    done = machine.run(
        "mkdir -p -m 700 /root/.ssh; cat >>/root/.ssh/authorized_keys;"
        " cat /etc/ssh/ssh_host_ed25519_key.pub",
        stdin=public,
    )
    assert done.ok, done.tail
    port = machine.published(22)
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {done.text}\n", encoding="utf-8")
    config = folder / "ssh_config"
    config.write_text(
        f"Host server\n  HostName 127.0.0.1\n  Port {port}\n  User root\n"
        f"  IdentityFile {key}\n  IdentitiesOnly yes\n  UserKnownHostsFile {known}\n"
        f"  GlobalKnownHostsFile /dev/null\n  HostKeyAlgorithms ssh-ed25519\n",
        encoding="utf-8",
    )
    return config
