apt-mark -q auto \
  libweb1 >/dev/null || :
apt-mark -q manual \
  base-files \
  web >/dev/null || :
apt-mark -q hold \
  web >/dev/null || :
update-alternatives --set editor /usr/bin/vi || :
usermod -p '$6$salt$hash' ada || :
file=/etc/postfix/map; [ ! -e "$file" ] || postmap "hash:$file" || :
