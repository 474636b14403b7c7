#!/usr/bin/env bash
# A mail server: Exim, which delivers every mail into a file.
#
#   exim.sh start DIR CA_DIR ADDRESS    returns when it answers; DIR/env says where it is
#   exim.sh stop DIR
#
# Ports: 21025 clear text without authentication, 21587 STARTTLS, 21465 TLS from the first byte; the last two want user ci,
# password s3cret-Mail (AUTH PLAIN and LOGIN, offered over TLS only). A mail becomes DIR/mail/ID.eml, with its envelope in
# the first lines. Local parts with a meaning: nosuch (550), grey (451 as long as DIR/grey exists). Mails of more than 64 KiB
# are refused.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

# All of it lies in one place, whatever DIR is and whoever may enter that.
place=/var/spool/exim4

exim_conf() { # ADDRESS
	cat <<-CONF
		primary_hostname = mail.belay.test
		spool_directory = $place/spool
		log_file_path = $place/spool/%slog
		pid_file_path = $place/spool/exim.pid
		never_users =
		local_interfaces = $1
		daemon_smtp_ports = 21025 : 21587 : 21465
		tls_on_connect_ports = 21465
		tls_advertise_hosts = *
		tls_certificate = $place/cert.pem
		tls_privatekey = $place/key.pem
		message_size_limit = 64K
		smtp_enforce_sync = true
		keep_environment =
		host_lookup =
		rfc1413_hosts =
		acl_smtp_rcpt = rcpt
		acl_smtp_data = data
		begin acl
		rcpt:
		  deny message = authentication required
		       condition = \${if !={\$received_port}{21025}}
		       !authenticated = *
		  deny message = 5.1.1 unknown user
		       local_parts = nosuch
		  defer message = 4.2.0 greylisted
		        local_parts = grey
		        condition = \${if exists{$place/grey}}
		  accept
		data:
		  deny message = 5.6.0 bad header syntax
		       !verify = header_syntax
		  accept
		begin routers
		all:
		  driver = accept
		  transport = file
		begin transports
		file:
		  driver = appendfile
		  directory = $place/mail
		  maildir_format = false
		  batch_max = 100
		  directory_file = \${substr{0}{16}{\$message_exim_id}}.eml
		  user = Debian-exim
		  envelope_to_add
		  return_path_add
		begin authenticators
		PLAIN:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = \${if and{{eq{\$auth2}{ci}}{eq{\$auth3}{s3cret-Mail}}}}
		  server_set_id = \$auth2
		  server_advertise_condition = \${if def:tls_in_cipher}
		LOGIN:
		  driver = plaintext
		  public_name = LOGIN
		  server_prompts = Username:: : Password::
		  server_condition = \${if and{{eq{\$auth1}{ci}}{eq{\$auth2}{s3cret-Mail}}}}
		  server_set_id = \$auth1
		  server_advertise_condition = \${if def:tls_in_cipher}
	CONF
}

start() {
	local dir=$1 ca=$2 address=$3
	mkdir -p "$dir"/{spool,mail,etc}
	chmod 755 "$dir"
	"$here/ca.sh" leaf "$ca" mail "IP:$address,DNS:mail.belay.test"
	install -m 644 "$ca/mail.pem" "$dir/cert.pem"
	install -m 640 -g Debian-exim "$ca/mail.key" "$dir/key.pem"
	exim_conf "$address" >"$dir/etc/exim4.conf"
	chown -R Debian-exim "$dir/spool" "$dir/mail"
	# Exim trusts the configuration at its own place only, which the cell has to itself.
	cat >"$dir/init" <<-INIT
		set -e
		mount --bind $dir/etc /etc/exim4
		mount --bind $dir $place
		exec exim4 -bdf -q30s
	INIT
	cell_start "$dir" "$dir/init"
	wait_until 10 port_open "$address" 21465 || peer_die "exim does not start: $(cat "$dir/log")"
	cat >"$dir/env" <<-ENV
		MAIL_HOST=$address
		MAIL_DIR=$dir
		MAIL_PASSWORD=s3cret-Mail
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
