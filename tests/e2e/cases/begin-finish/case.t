A transaction around steps that belay does not run: begin, your own steps, finish.

  $ belay begin -e production --version v1 --json --jq .end
  open
  $ belay deploy -e production --version v9
  ! belay: the lock is held by root@RUNNER (run RUN), taken AGO, lease ends in DURATION
  !   hint: wait for it with 'lock: {wait: DURATION}', or, when its holder is gone for certain, run again with --take-lock
  [10]
  $ belay status -e production | grep -v journal
  production
    lock held by root@RUNNER (run RUN), taken AGO, lease ends in DURATION
  ! deployment of v1 is not finished: captured, begun AGO by root
  
  $ echo v1 >live
  $ belay finish -e production
  + production: v1 is live (was nothing) in DURATION
  
    CLOCK  +  gates  gates passed: 1 check
  
  + gates passed: 1 passed
    + good  DURATION
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! + good: pass: all predicates hold
  ! + gates passed: 1 check

Steps that fail, and steps that bring out something bad, are taken back.

  $ belay begin -e production --version v2 --quiet; echo half >live
  - production: v2 has begun; bring it out, then 'belay finish'
  $ belay finish -e production --failed --reason 'the migration failed' --quiet; cat live
  x production: v2 failed and was taken back; v1 is live (undo took DURATION)
    because the migration failed
  v1
  $ belay begin -e production --version bad --quiet; echo bad >live
  - production: bad has begun; bring it out, then 'belay finish'
  $ belay finish -e production --quiet; cat live
  x production: bad failed and was taken back; v1 is live (undo took DURATION)
    because gates failed: good: no answer: Connection refused (expected .connected == false and $version != "bad", got false)
  v1

Nothing to finish, or something else.

  $ belay finish -e production
  ! belay: no transaction is open in 'production'
  !   hint: 'belay begin' opens one; 'belay history' tells what became of others
  [2]
  $ belay begin -e production --version v3 --quiet
  - production: v3 has begun; bring it out, then 'belay finish'
  $ belay finish -e production --transaction 20200101T000000Z-0000 2>&1 | sed 's/open is .*/open is ID/'
  ! belay: transaction ID is not open; open is ID
  !   hint: 'belay begin' opens one; 'belay history' tells what became of others
  [2]
  $ belay finish -e production --quiet
  + production: v3 is live (was v1) in DURATION
  $ belay verify | head -1
  + 28 events of 1 environment add up
