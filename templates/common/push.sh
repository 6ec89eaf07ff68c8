case ":$PYTHONPATH:" in *:[!/]*|*":$PWD"[:/]*) unset PYTHONPATH ;; esac # never a module of this repository
python=$(git config datakit.python) && test -x "$python" || python=python3
refs | "$python" -P -m datakit.hooks pre-push "$remote" "$url" && exit
code=$?
"$python" -P -c "import datakit.hooks" 2>/dev/null && exit $code
echo "datakit is not installed for $python; get it: pip install dvc-datakit && datakit init" >&2
refs | while read -r _ new _ _; do
  case $new in *[!0]*) test -z "$(git rev-list -n 1 "$new" --not --remotes="$remote" -- "$@")" || exit 1 ;; esac
done && exit
echo "datasets are pushed and nothing here can judge them: push blocked" >&2
exit 1
