`doctor` says what is ready and what is not, and what to do about it.

  $ belay doctor
  $ GIT_TOKEN='' belay doctor
  $ rm belay.yml; belay doctor
