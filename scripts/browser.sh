#!/usr/bin/env bash
# Tests look at real pages: bring Chromium where the system lets us, and say what is here.
set -u
source "$(dirname "$0")/programs.sh"
bring "chromium chromedriver" chromium chromium-driver
