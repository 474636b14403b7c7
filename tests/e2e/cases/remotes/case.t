The same journal over every kind of remote.

  $ sed -i '/^checks:/,/version ==/d; /gates:/d; s#driver: ssh-release.*#driver: command, deploy: {run: "true"}}#' belay.yml
  $ try() { sed "s#^state:.*#state: $1#" belay.yml >remote.yml; belay deploy -c remote.yml -e production --version "$2" --json --jq .end && belay status -c remote.yml --jq '.environments[0].services.shop.live.version'; }
  $ try "{remote: \"$GIT_HTTPS\", token: {env: GIT_TOKEN}}" v1
  passed
  ! + shop: switched to v1 (DURATION)
  v1
  $ try "{remote: \"$GIT_HTTPS\", user: ci, password: {env: GIT_PASSWORD}, ca_file: \"$CA_PEM\"}" v2
  passed
  ! + shop: switched to v2 from v1 (DURATION)
  v2
  $ try "{remote: \"$GIT_HTTP\", token: {env: GIT_TOKEN}}" v3
  passed
  ! + shop: switched to v3 from v2 (DURATION)
  v3
  $ try "{remote: \"$GIT_SSH_URL\", key: {file: \"$KEYS/id_ed25519\"}, known_hosts: {file: \"$KNOWN_HOSTS_FILE\"}}" v4
  passed
  ! + shop: switched to v4 from v3 (DURATION)
  v4
  $ try "{remote: \"$GIT_PATH\"}" v6
  passed
  ! + shop: switched to v6 from v4 (DURATION)
  v6
  $ try "{remote: \"file://$GIT_PATH\"}" v7
  passed
  ! + shop: switched to v7 from v6 (DURATION)
  v7
  $ try "{remote: \"${GIT_HTTPS/\/git\//\/moved\/}\", token: {env: GIT_TOKEN}}" v8
  passed
  ! + shop: switched to v8 from v7 (DURATION)
  v8
  $ belay verify -c remote.yml --jq .tip | wc -l
  1
  $ journal | grep -c deployed
  7

The repository's own origin; the work tree is never touched.

  $ git clone -q "$GIT_PATH" clone 2>/dev/null; cd clone; sed '/^state:/d' ../belay.yml >belay.yml
  $ before=$(fingerprint); git --no-optional-locks status --short
  ?? belay.yml
  $ belay status --jq '.environments[0].services.shop.live.version'
  v8
  $ git --no-optional-locks status --short; git branch --list; [ "$before" = "$(fingerprint)" ] && echo untouched
  ?? belay.yml
  untouched
  $ cd ..

No remote at all.

  $ mkdir alone; cd alone; sed '/^state:/d' ../belay.yml >belay.yml
  $ belay deploy -e production --version v1 --json --jq .end
  passed
  ! + shop: switched to v1 (DURATION)
  $ belay status --jq '.environments[0].services.shop.live.version'
  v1
  $ ls -A . .belay; git -C .belay/state.git fsck --strict
  .:
  .belay
  belay.yml
  
  .belay:
  .gitignore
  state.git
  notice: HEAD points to an unborn branch (main)
