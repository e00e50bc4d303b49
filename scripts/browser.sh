#!/usr/bin/env bash
# The MLflow UI test looks at a real page: bring Chromium where the system lets us, say so where it does not.
set -u
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null && exit 0
fi
echo "chromium and chromedriver are not here: the browser test will be skipped (install them to run it)"
