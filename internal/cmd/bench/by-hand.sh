#!/usr/bin/env bash
# A preview with a comment on the pull request, by hand: what a careful person writes who has no iac.
# It is what iac is measured against, so it wastes nothing: the comments are listed while Pulumi runs,
# one gh sends the text, and a text that is still there is not sent again: what was listed before Pulumi
# ran may have been edited or deleted since, so it is looked at again then.
#
# usage: by-hand.sh FOLDER STACK OWNER/NAME NUMBER
set -euo pipefail

cd "$1"
stack=$2 owner=${3%/*} name=${3#*/} number=$4
marker="<!-- preview of $stack -->"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Our own comment: its number and its text.
query='query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    comments(first: 100, after: $endCursor) {
      nodes { url body isMinimized viewerDidAuthor }
      pageInfo { hasNextPage endCursor }
    }
  } }
}'
ours=".data.repository.pullRequest.comments.nodes[]
  | select(.viewerDidAuthor and (.isMinimized | not) and (.body | startswith(\"$marker\")))
  | (.url | sub(\".*#issuecomment-\"; \"\")), (.body | @base64)"
look() {
  gh api graphql --paginate -f query="$query" -f owner="$owner" -f name="$name" -F number="$number" \
    --jq "$ours" >"$tmp/found"
}
look &
listing=$!

code=0
pulumi preview --stack "$stack" --non-interactive --color never --diff --show-full-output \
  >"$tmp/stdout" 2>"$tmp/stderr" || code=$?

fence='````````````'
outcome="Preview of \`$stack\`"
[ "$code" = 0 ] || outcome="$outcome failed with exit code $code"
text=$({ cat "$tmp/stdout" "$tmp/stderr" || true; } | head -c 59000)
body="$marker
### $outcome

<details><summary>Output</summary>

${fence}diff
$text
$fence

</details>"

wait "$listing"
id='' old='' new=$(printf %s "$body" | base64 -w 0)
{ read -r id && read -r old; } <"$tmp/found" || true
if [ "$old" = "$new" ]; then
  look
  id='' old=''
  { read -r id && read -r old; } <"$tmp/found" || true
fi
if [ "$old" != "$new" ]; then
  printf %s "$body" >"$tmp/body"
  if [ -n "$id" ]; then
    gh api --silent -X PATCH "repos/$owner/$name/issues/comments/$id" -F body=@"$tmp/body"
  else
    gh api --silent -X POST "repos/$owner/$name/issues/$number/comments" -F body=@"$tmp/body"
  fi
fi
cat "$tmp/stdout" "$tmp/stderr"
exit "$code"
