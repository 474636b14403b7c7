After the gates, a while of looking on: a release that fails then is taken back too.

  $ sed -i 's/^    gates:/    soak: {for: 1s, every: 200ms, checks: [health]}\n    gates:/' belay.yml
  $ release v1; release v2
  $ belay deploy -e production --version v1 --artifact v1.tar.zst --json --jq .end
  $ events | grep gate.judged | sort | uniq -c
  $ sed -i 's/for: 1s/for: 10s/' belay.yml
  $ (eventually sh -c 'curl -s $WEB1_URL/version | grep -q v2'; sleep 0.5; touch "$WEB1_SRV"/shop/current/broken) &
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1
  $ wait
