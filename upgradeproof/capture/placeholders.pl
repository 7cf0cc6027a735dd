# Replace what may be a secret by a placeholder of the same kind, before a byte of it leaves the server.
#
# perl-base is essential in Debian and Ubuntu. Equal secrets get equal placeholders, so that two files that
# hold one password still agree. Of a private key only the public half is printed; its placeholder is made
# where the capture is written.
use IPC::Open2;
my (%placeholder, %known_key, @keys, $found, $random, $hashes);
my $mark = '@@upgradeproof-key-' . unpack('H*', random_bytes(8));

sub random_bytes {
  my $count = shift;
  while (length($random // '') < $count) {
    open my $h, '<:raw', '/dev/urandom' or die "no /dev/urandom\n";
    sysread $h, my $more, 4096;
    $random .= $more;
  }
  substr $random, 0, $count, '';
}
sub pick { my @of = @_; $of[unpack('N', random_bytes(4)) % @of] }
sub base64 {
  my $text = pack 'u', shift;
  $text =~ s/^.//mg; $text =~ s/\n//g; $text =~ tr#` -_#AA-Za-z0-9+/#;
  $text;
}
# Return text of the same length and the same kinds of characters.
sub random_like {
  my $value = shift;
  if ($value =~ m{^[A-Za-z0-9+/]{8,}={1,2}$} && length($value) % 4 == 0) {
    my $padding = ($value =~ tr/=//);
    my $text = base64(random_bytes(length($value) / 4 * 3 - $padding));
    return substr($text, 0, length($value) - $padding) . '=' x $padding;
  }
  my $hex = $value =~ /^(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/;
  my ($low, $high) = $value =~ /[A-F]/ ? ('A', 'F') : ('a', 'f');
  my $other;
  for (1 .. 50) {
    $other = join '', map {
      $hex ? pick(0 .. 9, $low .. $high)
        : /[0-9]/ ? pick(0 .. 9) : /[a-z]/ ? pick('a' .. 'z') : /[A-Z]/ ? pick('A' .. 'Z')
        : /[\x80-\xff]/ ? pick('a' .. 'z') : $_
    } split //, $value;
    last if $other ne $value;
  }
  $other eq $value ? 'x' x length $value : $other;
}
sub secret {
  my ($kind, $value) = @_;
  $value =~ tr/\x01\x02//d;
  $found->{$kind}++;
  "\x01" . ($placeholder{$value} //= random_like($value)) . "\x02";
}
# Return whether a value is a placeholder already: no rule replaces what another one has made.
sub given { my $value = shift; $value =~ /^(?:\{[\w.-]+\})?\x01[^\x02]*\x02$/ || $value =~ m{://} && $value =~ /\x01/ }
sub salt { join '', map { pick('a' .. 'z', 'A' .. 'Z', 0 .. 9) } 1 .. shift }
# Return the hash of an unknown password, by the same method.
sub hash_like {
  my $hash = shift;
  $found->{'password hash'}++;
  return "\x01$placeholder{$hash}\x02" if $placeholder{$hash};
  my $settings = $hash =~ /^(\$(?:y|gy|7)\$[^\$]*\$)/ ? $1 . salt(16) . '$'
    : $hash =~ /^(\$2[abxy]\$\d\d\$)/ ? $1 . salt(21) . 'e'
    : $hash =~ /^(\$[156]\$(?:rounds=\d+\$)?)/ ? $1 . salt($1 eq '$1$' ? 8 : 16) . '$' : '';
  my $other = $settings && ++$hashes <= 100 ? crypt(salt(24), $settings) // '' : '';
  if ($other eq '' || $other =~ /^\*/) {
    my @fields = split /\$/, $hash, -1;
    my $from = @fields > 3 ? @fields - 2 : $#fields;
    $fields[$_] = random_like($fields[$_]) for $from .. $#fields;
    $other = join '$', @fields;
  }
  "\x01" . ($placeholder{$hash} = $other) . "\x02";
}
# Run a program on this server with a text on its standard input; nothing is written to a disk.
sub filtered {
  my ($input, @command) = @_;
  my ($out, $in);
  my $pid = eval { open2($out, $in, 'sh', '-c', 'exec timeout 10 "$@" 2>/dev/null', 'sh', @command) } or return '';
  local $SIG{PIPE} = 'IGNORE';
  print $in $input; close $in;
  local $/; my $got = <$out> // '';
  waitpid $pid, 0;
  $got;
}
sub unbase64 {
  my $text = shift;
  $text =~ tr#A-Za-z0-9+/##cd; $text =~ tr#A-Za-z0-9+/# -_#;
  join '', map { unpack 'u', chr(32 + length($_) * 3 / 4) . $_ } $text =~ /(.{1,60})/gs;
}
# Return the public half of a private key: what it is like, and which certificates belong to it.
sub public_half {
  my ($label, $pem) = @_;
  if ($label =~ /OPENSSH/) {
    my $body = join '', $pem =~ /^([A-Za-z0-9+\/=]+)$/mg;
    my $blob = unbase64($body);
    return '' if substr($blob, 0, 15) ne "openssh-key-v1\0";
    my $rest = substr $blob, 15;
    for (1 .. 3) { $rest = substr $rest, 4 + unpack 'N', $rest }
    my $public = unpack 'N/a*', substr $rest, 4;
    return unpack('N/a*', $public) . ' ' . base64_padded($public);
  }
  return '' if $label =~ /PGP/;
  filtered("$pem\n", qw(openssl pkey -passin pass: -pubout));
}
sub base64_padded { my $raw = shift; my $text = base64($raw); my $p = (3 - length($raw) % 3) % 3;
  $p ? substr($text, 0, length($text) - $p) . '=' x $p : $text }
# Return a mark in place of a private key; `key` lines at the end specify what replaces it.
sub key {
  my ($label, $pem, $style) = @_;
  $found->{'private key'}++;
  my $plain = $pem;
  $plain =~ s/\\n/\n/g; $plain =~ s/^[ \t]+//mg; $plain =~ s/\r//g;
  if (!defined $known_key{$plain}) {
    my $encrypted = $plain =~ /ENCRYPTED/ ? 'encrypted' : 'plain';
    push @keys, [$label, $encrypted, length $plain, public_half($label, $plain)];
    $known_key{$plain} = $#keys;
  }
  "$mark:$known_key{$plain}:$style@@";
}

my $words = qr/pass|pwd|secret|token|credential|private_?key|api_?key|access_?key|auth_?key|encryption_?key|psk|preshared|community|bind_?pw|root_?pw|authtok|masterauth|requirepass|cookie_?key/i;
my $plain_name = qr/(?:file|path|maps?|dir|folder|format|scheme|type|command|cmd|policy|length|min|max|len|timeout|algorithm|authentication|expire\w*|age|attr(?:ibute)?s?|field|column|ur[li]|header|name|user|id|prompt|change|lifetime|ttl|query|filter|driver|method|mode|warn\w*|days|plugin|sent|level|size|retries|tries|mechanisms?|enabled?|required?|reqd|allow\w*|db)$/i;
my $is_password = qr/(?:pass|passwd|password|passphrase|pwd|pw|secret|psk)$/i;
my $harmless = qr/^(?:yes|no|on|off|true|false|none|null|nil|undef|prohibit-password|without-password|forced-commands-only|required|requisite|sufficient|optional|include|substack|files|compat|db|systemd|sss|ldap|done|ignore|bad|die|ok|reset|success|try_first_pass|use_first_pass|use_authtok|md5|sha\d*|\*|x|!+|\[.*|[\(\$%<>=|&{].*|~?\/.*|[a-z]+:\/?\/.*|\*+)$/i;
my $number = qr/^[0-9]+[a-zA-Z%]{0,3}$/;
sub is_harmless {
  my ($name, $value) = @_;
  return 1 if $value eq '' || $value =~ $harmless || given($value);
  $name =~ s/["'\]\s]+$//;
  return $value =~ $number && $name !~ $is_password || $name =~ $plain_name && $name !~ $is_password;
}
sub looks_random {
  my $value = shift;
  my $kinds = ($value =~ /[a-z]/) + ($value =~ /[A-Z]/) + ($value =~ /[0-9]/) + ($value =~ /[^A-Za-z0-9]/);
  length $value >= 12 && $kinds >= 3 && $value !~ /\x01/ && $value !~ m#^[/.~\$%<\[({]|[a-z]{8}|\s#;
}
sub quoted { my ($kind, $text) = @_; $text =~ s/^(["']?)(.*?)(["']?)$/$1 . secret($kind, $2) . $3/se; $text }
sub bare { my $text = shift; $text =~ s/^["']//; $text =~ s/["']$//; $text }

# Return a line of a file whose name shows that it contains passwords: `user:password`, `host user:password`.
sub password_line {
  my $line = shift;
  return $line if $line =~ /^\s*(?:[#;].*)?$/ || $line =~ /^\s*[\w.-]+\s*=/ || index($line, $mark) >= 0;
  $line =~ s/(\{[A-Z][A-Z0-9.-]*\})([^\s:\$]+)/$1 . secret('password', $2)/ge;
  $line =~ s/\b(PSK|XAUTH|EAP|NTLM)(\s+)("[^"]*"|\S+)/"$1$2" . quoted('password', $3)/ge;
  my @columns = split /(\s+)/, $line;
  for my $at (0 .. $#columns) {
    next if $columns[$at] !~ /:/ || $columns[$at] =~ m{^\[|://|\$|\{};
    my @fields = split /:/, $columns[$at], -1;
    for my $field ($#fields > 1 ? (1, $#fields) : (1)) {
      my $value = $fields[$field];
      $fields[$field] = secret('password', $value)
        if $value ne '' && $value !~ $harmless && $value !~ /^[0-9]{1,5}$/ && !given($value);
    }
    $columns[$at] = join ':', @fields;
  }
  my @tokens = grep { $_ % 2 == 0 } 0 .. $#columns;
  if (@tokens > 2 && $columns[$tokens[2]] !~ /:/ && bare($columns[$tokens[2]]) !~ $harmless && $line !~ /password/i) {
    $columns[$tokens[2]] = quoted('password', $columns[$tokens[2]]);
  }
  join '', @columns;
}
my $password_file = qr{(?:passw|secret|htpass|htdigest|credential|netrc|pgpass|authinfo|sasl|userdb|/users$|_pw$|\.pwd$|auth\.conf)}i;
# Return a piece of text outside of PEM blocks without its secrets.
sub settings {
  my ($text, $script) = @_;
  $text =~ s{(://[^/\s:@]*):([^/\s@]+)@}{"$1:" . secret('password', $2) . '@'}ge;
  $text =~ s/(\$1\$[.\/A-Za-z0-9]{1,8}\$[.\/A-Za-z0-9]{22}|\$[56]\$(?:rounds=\d+\$)?[.\/A-Za-z0-9]{0,16}\$[.\/A-Za-z0-9]{43,86}|\$2[abxy]\$\d\d\$[.\/A-Za-z0-9]{53}|\$(?:y|gy|7)\$[.\/A-Za-z0-9]+\$[.\/A-Za-z0-9]+\$[.\/A-Za-z0-9]{43}|\$(?:apr1|argon2(?:id?|d)|sha1|pbkdf2[\w-]*|scrypt|P|H)\$[.\/A-Za-z0-9\$=,+_-]{8,})/hash_like($1)/ge;
  $text =~ s/(\{(?:S?SHA[0-9]*|S?MD5|PLAIN|CLEARTEXT|CRAM-MD5|CRYPT)[A-Z0-9.-]*\})([^\s:\$]+)/$1 . secret('password', $2)/ge;
  $text =~ s/\b(Bearer|Basic)([ \t]+)((?=[^\s"']*[0-9=])[A-Za-z0-9._~+\/=-]{8,})/"$1$2" . secret('token', $3)/ge;
  $text =~ s/\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20}|xox[a-z]-[\w-]{10,}|[sr]k_(?:live|test)_\w{10,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|AIza[\w-]{30,}|AGE-SECRET-KEY-1[0-9A-Z]{20,})/secret('token', $1)/ge;
  $text =~ s/(<(\w*(?:password|secret|token)\w*)>)([^<\n]+)<\//is_harmless($2, $3) ? "$1$3<\/" : $1 . secret('password', $3) . '<\/'/gie;
  $text =~ s/((?:^|(?<=[\s"';&|(]))-{1,2}[\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api-?key)(?:=|[ \t]+))("[^"\n]*"|'[^'\n]*'|[^\s;|&"'-][^\s;|&"']*)/is_harmless('', bare $2) ? "$1$2" : $1 . quoted('password', $2)/gime;
  $text =~ s/((?:^|\s)(?:-u|--user)[ =]?['"]?[\w.@-]+:)([^\s@\/:"']+)/$1 . secret('password', $2)/gme;
  $text =~ s/(\b(?:mysql\w*|mariadb\S*|sshpass)\b[^\n|;&]*?\s-p\s?)('[^'\n]+'|"[^"\n]+"|[^\s"'-]\S*)/is_harmless('password', bare $2) ? "$1$2" : $1 . quoted('password', $2)/ge;
  $text =~ s/([\w.\-]*$words[\w.\-]{0,40}["'\]]?["'\]]?[ \t]*(?:=>|:=|[=:])[ \t]*|[\w.\-]*$words[\w.\-]{0,40}["'][ \t]*,[ \t]*(?=["']))("(?:[^"\n\\]|\\.)*"|'[^'\n]*'|[^\s#;,"'<>)]+)/
    my ($name, $value) = ($1, $2); my $stem = $name; $stem =~ s{["'\]]*[ \t]*(?:=>|:=|[=:,])[ \t]*$}{};
    is_harmless($stem, bare $value) ? "$name$value" : $name . quoted('setting', $value)/ge;
  my $two_words = $script ? qr/^([ \t]*(\w*$words\w*)[ \t]+)(?!=)("[^"\n]*"|'[^'\n]*'|[^\s;"']+)(;?[ \t]*)$/m
    : qr/(^[ \t]*(?![ \t#;])(?:[^\n]*[ \t])?([\w.-]*$words[\w.-]*)[ \t]+)(?![=:])("[^"\n]*"|'[^'\n]*'|[^\s;"']+)((?:;|[ \t])*(?=$))/m;
  $text =~ s/$two_words/is_harmless($2, bare $3) ? "$1$3$4" : $1 . quoted('setting', $3) . $4/ge;
  $text =~ s/(^[ \t]*[#;]+[ \t]*([\w.-]*$words[\w.-]*)[ \t]+)([^\s:=]\S*)([ \t]*$)/is_harmless($2, bare $3) ? "$1$3$4" : $1 . quoted('setting', $3) . $4/gme if !$script;
  $text =~ s/(^[ \t]*createUser[ \t][^\n]*?)("[^"\n]+"|\S{8,})([ \t]+[A-Z]+[ \t]+)("[^"\n]+"|\S{8,})/$1 . quoted('password', $2) . $3 . quoted('password', $4)/gme;
  $text =~ s/(^[ \t]*[^\s#;][^\n]*?\b(?:insecure-)?(?:password|passphrase|secret)[ \t]+)(?![=:])("[^"\n]*"|[^\s;"'\$]+)/is_harmless('password', bare $2) ? "$1$2" : $1 . quoted('setting', $2)/gme if !$script;
  $text;
}
# The kind of key in a line of authorized_keys or of a .pub file, before the key.
my $public_key = qr/(?:ssh-\w+|ecdsa-\S+|sk-\S+)/;
sub opaque {
  my ($text) = @_;
  $text =~ s{(\x01[^\x02]*\x02|$public_key\s+AAAA\S+)|(\$[\w-]+\$[\w./\$=,+-]{8,}|[\w/+-]{40,}={0,2})}
    {my ($as_is, $word) = ($1, $2); $as_is // opaque_word($word)}ge;
  $text;
}
sub opaque_word {
  my $word = shift;
  return $word if $word =~ m{[a-z]{8}|^/|_[A-Za-z0-9]+_[A-Za-z0-9]+_} || $word !~ /[0-9]/
    || $word !~ /[a-z]/ || $word !~ /[A-Z]/;
  secret('random text', $word);
}
# Return a file's content without its secrets; `restricted`: not every user may read it.
sub treated {
  my ($path, $text, $restricted) = @_;
  $found = {};
  if ($text =~ /\0/) {
    return $text if !$restricted && $path !~ /\.(?:p12|pfx|jks|keystore|keytab|key|der|kdbx)$/i && $text !~ /PRIVATE KEY/;
    $found->{'binary secret'}++;
    return random_bytes(length $text);
  }
  my $out = '';
  while ($text =~ /\G(.*?)(^[ \t]*|(?<=["'\s=>])|\G)-----BEGIN ([A-Za-z0-9 ]+)-----(.*?)(?:-----END \3-----|\z)/gcsm) {
    my ($before, $indent, $label, $body) = ($1, $2, $3, $4);
    my $whole = substr $text, $-[4], $+[0] - $-[4];
    $out .= outside($path, $before, $restricted) . $indent;
    if ($label =~ /static key/i) {
      $found->{'private key'}++;
      $whole =~ s/^([0-9a-fA-F]{16,})(\s*)$/random_like($1) . $2/gme;
    }
    if ($label !~ /PRIVATE KEY/) { $out .= "-----BEGIN $label-----$whole"; next }
    my $style = $body =~ /\\n/ ? 'escaped' : length $indent;
    my $ended = $whole =~ /-----END/ ? $whole : "$whole\n-----END $label-----";
    $out .= key($label, "-----BEGIN $label-----$ended", $style);
  }
  $out .= outside($path, substr($text, pos $text // 0), $restricted);
  $out;
}
# What no rule below would find anything in is left alone at once: most files.
my $suspicious = qr{$words|secret|[\$\{@]|://|\s-[up]|\S{20}|Bearer|Basic|createUser|PSK|XAUTH|NTLM}i;
sub outside {
  my ($path, $text, $restricted) = @_;
  return $text if $text !~ /\S/;
  return $text if !$restricted && $path !~ $password_file && $text !~ $suspicious;
  my $script = $text =~ /^#!/;
  # By chance, a public key may hold a word such as "psk": then its comment would count as a password.
  my @public;
  $text =~ s{($public_key[ \t]+)(AAAA[A-Za-z0-9+/]+={0,2})}{push @public, $2; "$1\x03$#public\x03"}ge;
  $text = settings($text, $script);
  if ($path =~ $password_file && !$script) { $text = join "\n", map { password_line($_) } split /\n/, $text, -1 }
  if ($restricted && !$script) {
    $text =~ s/^((?!\S*[:=])[\x01\x02!-~]{8,})(\s*)$/given($1) ? "$1$2" : secret('random text', $1) . $2/e if $text !~ /\S\s+\S/;
    $text =~ s/((?:[=:][ \t]*|[ \t])["']?)([^\s"',;]{12,})/looks_random($2) ? $1 . secret('random text', $2) : "$1$2"/ge;
  }
  $text = opaque($text);
  $text =~ s/\x03(\d+)\x03/$public[$1] \/\/ $&/ge;
  $text =~ tr/\x01\x02//d;
  $text;
}
