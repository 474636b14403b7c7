A tape judged by another configuration: what would have been decided. Nothing is done, and the tape's own verdict stays.

  $ quietly belay deploy --version v1
  $ quietly belay deploy --version v2 --record run.tape
  $ sed 's/connected == false/connected == true/' belay.yml >other.yml
  $ belay replay run.tape --config other.yml
  x production: v2 failed and was taken back; v1 is live (undo took DURATION) (supposed: nothing was done)
    because gates failed: door: no answer: Connection refused (expected .connected == true, got false)
  
  x gates failed: 1 failed
    x door  DURATION, 2 attempts  no answer: Connection refused (expected .connected == true, got false)
  [3]
  $ cat live; events .belay/state.git | grep rolled-back || echo "not on the journal"
  v2
  not on the journal
  $ belay replay run.tape --quiet
  + production: v2 is live (was v1) in DURATION
  
    CLOCK  +  app  switched to v2 from v1
    CLOCK  +  gates  gates passed: 1 check
  
  + gates passed: 1 passed
    + door  DURATION
  
  ID, recorded on .belay/state.git belay-state at HASH

A place that the tape has never seen cannot be judged; it is supposed to be good, and the headline says so.

  $ sed 's/127.0.0.1:9/127.0.0.1:7/' belay.yml >elsewhere.yml
  $ belay replay run.tape --config elsewhere.yml --quiet
  - production: v2 would go live (now: v1)
