case ":$PYTHONPATH:" in *:[!/]*|*":$PWD"[:/]*) unset PYTHONPATH ;; esac # never a module of this repository
python=$(git config datakit.python) && test -x "$python" || python=python3
"$python" -P -m datakit.hooks pre-commit && exit
code=$?
"$python" -P -c "import datakit.hooks" 2>/dev/null && exit $code
echo "datakit is not installed for $python; get it: pip install dvc-datakit && datakit init" >&2
git diff --cached --quiet -- "$@" && exit
echo "datasets are staged and nothing here can judge them: commit blocked" >&2
exit 1
