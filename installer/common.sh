# SPDX-License-Identifier: Apache-2.0
# Shared by installer/run and tests/run: packages, building, saying what goes on. Sourced, never run.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
step_number=0

step() { # step WORDS...: one numbered line per step
  step_number=$((step_number + 1))
  printf '\n[%d/%d] %s\n' "$step_number" "$steps" "$*"
}

die() { # the one last line of a run that failed
  printf '%s: failed: %s\n' "$program" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -- "$@"
  fi
}

need_root() { # before anything is begun: can packages be installed at all?
  command -v apt-get >/dev/null 2>&1 || die "there is no apt-get here; install these packages another way: $*"
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null 2>&1 || die "installing packages needs root: run it as root, or install sudo"
  sudo -n true 2>/dev/null && return
  [ -t 0 ] || die "sudo wants a password and there is no terminal to ask on; run it in a terminal, or as root"
  sudo true || die "sudo did not let you in; installing packages needs root"
}

apt_get() { # apt_get LOG ARGUMENTS...: waits for another apt that holds the lock, for five minutes at most
  local log=$1 tries=60
  shift
  until as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; do
    grep -q 'Could not get lock' "$log" && [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 5
  done
}

why_not() { # why_not LOG: the reason in apt's own words, turned into one sentence
  local unknown
  unknown=$(sed -nE -e 's/^E: Unable to locate package (.*)/\1/p' -e "s/^E: Package '(.*)' has no installation candidate/\\1/p" "$1" |
    sort -u | tr '\n' ' ')
  if [ -n "$unknown" ]; then
    printf 'the package sources of this machine do not have: %s(Debian 12 main has them; see /etc/apt/sources.list.d)' "$unknown"
  elif grep -qE 'Failed to fetch|Temporary failure resolving|Could not connect|Unable to fetch' "$1"; then
    printf 'packages could not be downloaded; is there a network?'
  elif grep -q 'Could not get lock' "$1"; then
    printf 'another program holds the package lock; try again when it is done'
  else
    printf 'apt-get did not work (see above)'
  fi
}

install_packages() { # install_packages PURPOSE...: what is missing of these purposes
  local purpose package wanted=() missing=()
  while read -r purpose package; do
    case " $* " in *" $purpose "*) wanted+=("$package") ;; esac
  done < <(grep -v '^#' "$here/installer/packages")
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    printf 'all %d packages are there\n' "${#wanted[@]}"
    return
  fi
  printf 'installing %d of %d: %s\n' "${#missing[@]}" "${#wanted[@]}" "${missing[*]}"
  need_root "${missing[*]}"
  local log
  log=$(mktemp)
  # An update that fails may still leave lists that know the packages: the installing decides.
  apt_get "$log" update || tail -n 3 "$log"
  apt_get "$log" install -y --no-install-recommends "${missing[@]}" || { tail -n 8 "$log"; die "$(why_not "$log")"; }
  rm -f "$log"
}

configure() { # configure PRESET [cmake options...]
  local preset=$1 log
  shift
  log=$(mktemp)
  (cd "$here" && cmake --preset "$preset" "$@") >"$log" 2>&1 || { tail -n 30 "$log"; die "cmake --preset $preset"; }
  rm -f "$log"
}

build() { # build PRESET [targets...]
  local preset=$1
  shift
  export CCACHE_BASEDIR="$here" CCACHE_NOHASHDIR=1
  NINJA_STATUS='  [%f/%t %es] ' cmake --build "$here/build/$preset" ${1:+--target "$@"} || die "the build ($preset)"
}
