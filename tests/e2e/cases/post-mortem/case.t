The page of an incident: written with what the journal knows, chased until it is complete.

  $ export SINKS
  $ quietly belay deploy --version v1
  $ quietly 3 belay deploy --version bad2
  [3]
  $ quietly belay deploy --version v3
  $ belay incident post-mortem
  P1 [production rollback] bad2 > v1  ID, resolved
    written to  docs/ID.md
  $ tidy <docs/*.md
  # Post-mortem: \[production rollback\] bad2 > v1
  
  | | |
  | --- | --- |
  | Incident | ID (P1, resolved)  |
  | Environment | production |
  | Services | app |
  | Version | bad2, before v1 |
  | Deployment | ID |
  | Opened | TIME |
  | Resolved | TIME |
  | Duration | DURATION |
  | Run |  |
  | Author | root |
  | Due | TIME |
  
  Blameless: this page is about how it could happen, not about who did it.
  
  ## Summary
  
  gates failed: health: expected .status == 200, got 503
  
  ## Impact
  
  _To be written._ Who noticed, what did not work for them, for how long, how many?
  
  ## Timeline
  
  - TIME \xe2\x80\x94 app: switched to bad2 from v1 (esc)
  - TIME \xe2\x80\x94 gates did not pass: health (esc)
  - TIME \xe2\x80\x94 app: took bad2 back, v1 is live (esc)
  - TIME \xe2\x80\x94 after-undo passed: 1 check (esc)
  - TIME \xe2\x80\x94 resolved by root: v3 passed its gates (esc)
  
  ## Evidence
  
  | Check | Outcome | Reason | Seen |
  | --- | --- | --- | --- |
  | health | fail | expected .status == 200, got 503 | 503 |
  
  Where more is kept: the output of run RUN
  
  ## Root cause
  
  _To be written._ What had to be true for this to happen? Ask why until the answer is something that can be changed.
  
  ## Contributing factors
  
  _To be written._ What made it more likely, larger, or later seen?
  
  ## What went well
  
  _To be written._
  
  ## Remediation
  
  _To be written._ What brought things back, and is it for good?
  
  - [ ] find out why bad2 was no good
  - [ ] bring a version that passes: belay deploy -e production --version VERSION
  
  ## Preventive measures
  
  _To be written._ What will keep it, and its kind, from happening again?
  
  ## Action items
  
  | What | Who | Until |
  | --- | --- | --- |
  | _To be written._ | | |
  
  ## Lessons
  
  _To be written._
  
  ## Done when
  
  - [ ] the root cause is known, or it is said why it cannot be
  - [ ] each action item has a person and a date
  - [ ] everybody concerned has read this
  $ belay incident post-mortem
  ! belay: cannot write 'docs/ID.md': File exists
  !   hint: '--path FILE' writes it somewhere else
  [1]
  $ belay incident list
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  resolved  AGO  begun, due TIME  [production rollback] bad2 > v1

Two days later it is late.

  $ later=$(date -u -d '+3 days' +%FT%TZ)
  $ belay incident list --at "$later"
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  resolved  AGO  OVERDUE, was due TIME  [production rollback] bad2 > v1
  
  1 post-mortem is overdue
  $ belay status --at "$later" --quiet
  production
    1 post-mortem is overdue: belay incident list
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    app  v3  AGO  v3  ID

With nothing left to write and every box ticked it is done; the next run sees it.

  $ sed -i 's/_To be written._/DNS./; s/\[ \]/[x]/' docs/*.md
  $ quietly belay deploy --version v5
  $ belay incident list
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  resolved  AGO  done  [production rollback] bad2 > v1
  $ journal .belay/state.git | grep post-mortem
  production: post-mortem of ID written
  production: post-mortem of ID done

A template of one's own.

  $ quietly 3 belay deploy --version bad6
  [3]
  $ printf '# {{title}}\n\n{{timeline}}\n{{nobody}}\n' >mine.md
  $ sed -i 's/write: file/write: none, template: mine.md/' belay.yml
  $ belay incident post-mortem
  ! belay: the post-mortem's template 'mine.md': line 4: there is no variable 'nobody'
  !   hint: variables are id title environment severity kind status version previous deployment opened_at resolved_at due_at duration reason services evidence timeline todo forensics run_url incident_url author
  [2]
  $ sed -i 's/nobody/services/' mine.md; belay incident post-mortem
  # \[production rollback\] bad6 > v5
  
  - TIME \xe2\x80\x94 app: switched to bad6 from v5 (esc)
  - TIME \xe2\x80\x94 gates did not pass: health (esc)
  - TIME \xe2\x80\x94 app: took bad6 back, v5 is live (esc)
  - TIME \xe2\x80\x94 after-undo passed: 1 check (esc)
  app
  $ belay incident post-mortem --done --quiet
  P1 [production rollback] bad6 > v5  ID, open
  $ belay incident post-mortem --done
  ! belay: 'production' has no incident whose post-mortem is owed
  !   hint: 'belay incident list -e production' shows them
  [2]
