`doctor` says what is ready and what is not, and what to do about it.

  $ doctor() { belay doctor | sed 's/belay .* on .*/belay N on HERE/'; }
  $ doctor
  $ GIT_TOKEN='' doctor
  $ rm belay.yml; doctor
