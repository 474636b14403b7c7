A branch that belay did not write, or does not understand, or that someone edited, is refused with status 11 and left alone.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ good=$(git -C "$GIT_PATH" rev-parse belay-state)
  $ git clone -q --branch belay-state "$GIT_PATH" work; git -C work config user.name ann; git -C work config user.email ann@example.com
  $ put() { git -C work add -A && git -C work commit -q -m "$1" && git -C "$GIT_PATH" fetch -qf "$WORK/work" "HEAD:belay-state"; }
  $ back() { git -C work reset -q --hard "$good"; git -C "$GIT_PATH" update-ref refs/heads/belay-state "$good"; }
  $ try() { local tip=$(git -C "$GIT_PATH" rev-parse belay-state); belay deploy -e production --version v2 --artifact v2.tar.zst; echo "[$?]"; [ "$tip" = "$(git -C "$GIT_PATH" rev-parse belay-state)" ] && echo untouched; }

Edited by hand: a well-meant change of the live version.

  $ sed -i 's/"v1"/"v0"/' work/environments/production/state.json; put 'fix the version'
  $ try
  ! belay: branch 'belay-state' was edited by hand: its last commit HASH ('fix the version') is not an event of belay
  !   hint: nothing was written; `belay verify` names the first commit that does not fit, `git log` of the branch shows who wrote it
  [11]
  untouched
  $ belay verify
  ! belay: commit HASH ('fix the version') does not fit: its message is not an event of belay
  !   hint: all commits before it are good; look at it with `git show HASH`
  [11]
  $ belay status
  ! belay: branch 'belay-state' was edited by hand: its last commit HASH ('fix the version') is not an event of belay
  !   hint: nothing was written; `belay verify` names the first commit that does not fit, `git log` of the branch shows who wrote it
  [11]
  $ back

Truncated.

  $ truncate -s 100 work/environments/production/state.json; put 'production: deployed shop v9'
  $ try
  ! belay: branch 'belay-state' was edited by hand: its last commit HASH ('production: deployed shop v9') is not an event of belay
  !   hint: nothing was written; `belay verify` names the first commit that does not fit, `git log` of the branch shows who wrote it
  [11]
  untouched
  $ back

Written by a newer belay.

  $ echo 99 >work/format; put 'production: deployed shop v9'
  $ try
  ! belay: branch 'belay-state' was written by a newer belay (format 99); this one reads 1
  !   hint: nothing was written; upgrade belay here to the version used elsewhere
  [11]
  untouched
  $ back

Something else entirely.

  $ git -C work rm -rq .; echo hello >work/README.md; put 'my notes'
  $ try
  ! belay: branch 'belay-state' exists but was not written by belay
  !   hint: nothing was written; give the journal another name with state.branch, or look at it with `git log`
  [11]
  untouched
  $ belay status
  ! belay: branch 'belay-state' exists but was not written by belay
  !   hint: nothing was written; give the journal another name with state.branch, or look at it with `git log`
  [11]
  $ back

Rewritten history: an event is missing in the middle.

  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ git -C work fetch -q origin belay-state; git -C work reset -q --hard FETCH_HEAD
  $ git -C work -c sequence.editor='sed -i 3d' rebase -q -i --root --empty=keep >/dev/null 2>&1 || git -C work rebase --abort
  $ commits=$(git -C work rev-list --reverse HEAD)
  $ parent=; n=0; for c in $commits; do n=$((n + 1)); [ $n -eq 3 ] && continue; parent=$(git -C work log -1 --format=%B "$c" | git -C work commit-tree ${parent:+-p "$parent"} "$c^{tree}"); done
  $ git -C "$GIT_PATH" fetch -qf "$WORK/work" "$parent:belay-state"
  $ belay verify
  ! belay: commit HASH ('production: prepared shop') does not fit: event 4 of 'production' (deployment.prepared) does not fit: its number is 4, the next one is 3
  !   hint: all commits before it are good; look at it with `git show HASH`
  [11]
