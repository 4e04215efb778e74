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
  elif command -v sudo >/dev/null 2>&1; then
    sudo -- "$@"
  else
    die "installing packages needs root: run it as root, or install sudo"
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
  local log
  log=$(mktemp)
  as_root apt-get update -q >"$log" 2>&1 || { tail -n 5 "$log"; die "apt-get update did not work; is there a network?"; }
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
    { tail -n 15 "$log"; die "apt-get install did not work"; }
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
