#!/usr/bin/env bash
# Releases the version that ci/versions.go names, unless that was done already: checks that CHANGELOG.md tells of it and that
# the module loads from GitHub, tags the commit, checks that the tagged module loads, and publishes the release.
# WANTED is the version that somebody asked for by hand. Without it a version that is released already is no fault.
set -euo pipefail

fail() {
    echo "::error::$1"
    exit 1
}

repository=${GITHUB_SERVER_URL#https://}/$GITHUB_REPOSITORY
wanted=${WANTED-}
wanted=${wanted#v}
version=$(sed -n 's/^\trelease = "\([0-9]*\.[0-9]*\.[0-9]*\)"$/\1/p' ci/versions.go)
[ -n "$version" ] || fail 'no version: want a line such as release = "1.2.3" in ci/versions.go'
[ -z "$wanted" ] || [ "$wanted" = "$version" ] || fail "invalid version \"$wanted\": ci/versions.go says $version, raise it there first"
[ "$GITHUB_REF" = refs/heads/main ] || fail "invalid branch \"$GITHUB_REF\": want refs/heads/main"
notes=$(awk -v heading="## $version" '/^## / { found = $0 == heading; next } found' CHANGELOG.md | sed -e '/./,$!d')
[ -n "$notes" ] || fail "CHANGELOG.md says nothing of $version: want a heading \"## $version\" with text below it"

released=$(gh api --paginate "repos/$GITHUB_REPOSITORY/releases" --jq '.[].tag_name')
if grep -qxF "v$version" <<<"$released"; then
    [ -z "$wanted" ] || fail "v$version is released already: raise the version in ci/versions.go"
    echo "::notice::v$version is released already"
    exit
fi

# A module that does not compile loads with no functions, so one is called.
loads() {
    echo "loading $1"
    said=$(dagger -m "$1" call version) || fail "$1 does not load"
    [ "$said" = "$version" ] || fail "$1 says that it is version \"$said\", want $version"
}

loads "$repository@$GITHUB_SHA"
tagged=$(gh api "repos/$GITHUB_REPOSITORY/git/matching-refs/tags/v$version" --jq ".[] | select(.ref == \"refs/tags/v$version\") | .object.sha")
if [ -z "$tagged" ]; then
    gh api --method POST "repos/$GITHUB_REPOSITORY/git/refs" -f "ref=refs/tags/v$version" -f "sha=$GITHUB_SHA" --silent
elif [ "$tagged" != "$GITHUB_SHA" ]; then
    fail "the tag v$version is that of another commit, $tagged: raise the version in ci/versions.go"
fi
loads "$repository@v$version"
gh release create "v$version" --repo "$repository" --verify-tag --title "v$version" --notes "$notes"
