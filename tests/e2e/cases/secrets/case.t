Secrets are planted everywhere they could get out: in a hook's output, a command's output, a header, an error. The runner
searches all output, the tape and the branch after every case; this one tries hard to give it something to find.

  $ export API_TOKEN=api-S3cretHeaderValue-77
  $ cp "$KEYS/id_ed25519" "$WEB1_SRV/id.secret"
  $ sed -i 's#^    gates:.*#      local: {driver: command, needs: [shop], deploy: {run: "echo $TOKEN; echo $TOKEN >\&2; printenv TOKEN GIT_TOKEN; exit 9"}, env: {TOKEN: {env: API_TOKEN}}}\n    gates: [health, header]#; s#^checks:#checks:\n  header: {http: "@WEB1_URL@/none", headers: {Authorization: {env: API_TOKEN}}, expect: [".status == 200"]}#' belay.yml
  $ sed -i "s#@WEB1_URL@#$WEB1_URL#; s#keep: 3#hooks: {switched: 'cat /srv/id.secret; echo $GIT_TOKEN; printenv SSH_CONNECTION'}#" belay.yml
  $ release v1
  $ belay deploy -e production --version v1 --artifact v1.tar.zst --record one.tape --verbose >out 2>err
  [4]
  $ grep -c . one.tape | sed 's/.*/taped/'
  taped
  $ grep -q 'exit 9\|status 9' err out && echo the failure is shown
  the failure is shown
  $ belay check header -e production --record two.tape >out 2>err
  [1]
  $ belay history --json >history.json
  $ rm belay.yml
