After the gates, a while of looking on: a release that fails then is taken back too.

  $ sed -i 's/^    gates:/    soak: {for: 1s, every: 200ms, checks: [health]}\n    gates:/' belay.yml
  $ release v1; release v2
  $ belay deploy -e production --version v1 --artifact v1.tar.zst --json --jq .end --quiet
  passed
  $ events | grep gate.judged | sort | uniq -c
        2 gate.judged
  $ sed -i 's/for: 1s/for: 10s/' belay.yml
  $ (eventually sh -c 'curl -s $WEB1_URL/version | grep -q v2'; sleep 0.5; touch "$WEB1_SRV"/shop/current/broken) &
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --quiet
  x production: v2 failed and was taken back; v1 is live (undo took DURATION)
    because soak failed: health: expected .status == 200, got 503 (and 1 more)
  [3]
  $ served web1
  web1 v1
  $ wait
