#!/usr/bin/env bash
# What the GitHub action does: install promptctl, review the change, keep one comment up to date.
# All that it is told comes in variables, and nothing of it is ever part of a command.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${RUNNER_TEMP:-/tmp}/promptctl.XXXXXX")
report="$work/report.md"

# -I: without it Python would import a module from the checkout, which is what is under test.
"${PROMPTCTL_PYTHON:-python3}" -I -m venv "$work/venv"
python="$work/venv/bin/python"
package=${PROMPTCTL_PACKAGE:-}
"$python" -I -m pip install --quiet --disable-pip-version-check -- "${package:-$here/../..}"

# The token is for the comment alone.
token=${PROMPTCTL_TOKEN:-}
unset PROMPTCTL_TOKEN
options=(--fetch "--report=$report" "--fail-on=${PROMPTCTL_FAIL_ON:-error,breaking}")
if [[ -n ${PROMPTCTL_BASE:-} ]]; then
  options+=("--base=$PROMPTCTL_BASE")
fi
status=0
"$python" -I -m promptctl -C "${PROMPTCTL_DIRECTORY:-.}" ci "${options[@]}" || status=$?

if [[ -f $report ]]; then
  passed=$([[ $status == 0 ]] && echo true || echo false)
  printf 'passed=%s\nreport=%s\n' "$passed" "$report" >>"${GITHUB_OUTPUT:-/dev/null}"
  if [[ ${PROMPTCTL_COMMENT:-true} == true && ${GITHUB_EVENT_NAME:-} == pull_request* ]]; then
    PROMPTCTL_TOKEN=$token "$python" -I "$here/comment.py" "$report" || true
  fi
fi
exit "$status"
