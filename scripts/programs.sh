# To be sourced. Without a program a test is skipped, or fails where MAMMO_STRICT says that none may be absent.

# The words of $1 that are neither a command nor a file.
absent() {
    for program in $1; do
        command -v "$program" >/dev/null || [ -e "$program" ] || printf '%s ' "$program"
    done
}

# bring "PROGRAM ..." PACKAGE ...: install Debian packages, unless all programs are here, and say what is here then.
bring() {
    local programs=$1 lacking
    shift
    if [ -n "$(absent "$programs")" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
    fi
    lacking=$(absent "$programs")
    echo "programs for the tests: $programs: ${lacking:+NOT HERE: }${lacking:-all here}"
}
