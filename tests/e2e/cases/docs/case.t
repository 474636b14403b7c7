The reference pages say what the binary says; scripts/docs writes them.

  $ BELAY=$E2E_BELAY "$E2E_ROOT/scripts/docs" --check

Every example in examples/ is a valid configuration.

  $ find "$E2E_ROOT/examples" -name '*.yml' -not -path '*/workflows/*' | sort | while read -r file; do
  >   "$E2E_BELAY" validate -c "$file" >out 2>&1 || { echo "$file"; cat out; }
  > done
