#!/bin/bash
# Health check of a service's container. 0: ready. 1: not ready. Kills a service that hangs, because Docker restarts
# what ends and not what is unhealthy.
#
# Hangs: no answer in 3 to 5 tries of 3 s, by chance, so that replicas that hang together are not killed together (SIGSTOP, an event loop that is blocked for ever).
# Not killed: a service that refuses connections, as it does while it starts, or that answers anything at all; and
# none while the machine is so slow that this script itself is late.
# Bash alone, and no program beside it: a few ms of CPU, where `node -e` takes 250.
set -u
patience=3
tries=$((3 + RANDOM % 3))

# ask PATH: prints the status of a GET. 1: refused. 2: no answer in time.
ask() {
  local line=
  exec 3<>"/dev/tcp/127.0.0.1/${ADMIN_PORT:-9000}" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
  IFS= read -r -t "$patience" line <&3
  local status=$?
  exec 3<&- 3>&-
  [ "$status" -gt 128 ] && return 2
  printf '%s' "${line:9:3}"
}

# The service: the process that runs main.ts. Below Docker's init it can be killed; as process 1 the kernel protects it.
# With several workers it is their supervisor, whose arguments end as theirs do.
service() {
  local folder words found=
  for folder in /proc/[0-9]*; do
    mapfile -d '' -t words <"$folder/cmdline" 2>/dev/null || continue
    [ "${#words[@]}" -gt 1 ] || continue
    [ "${words[0]##*/}" = node ] && [ "${words[-1]##*/}" = main.ts ] || continue
    [[ "${words[-2]##*/}" = supervisor-main.* ]] && echo "${folder##*/}" && return
    : "${found:=${folder##*/}}"
  done 2>/dev/null
  echo "$found"
}

now_ms() { local at=${EPOCHREALTIME/[.,]/}; echo $((at / 1000)); }

path=/readyz
for ((try = 1; try <= tries; try++)); do
  begin=$(now_ms)
  answer=$(ask "$path" 2>/dev/null)
  case $? in
    0) [ "$answer" = 200 ] && [ "$path" = /readyz ]; exit ;;
    1) exit 1 ;;
  esac
  # A second late: the machine is slow, and no answer means little.
  [ $(($(now_ms) - begin)) -gt $((patience * 1000 + 1000)) ] && exit 1
  path=/livez
done

pid=$(service)
message="the service hangs: no answer to $tries probes of $patience s; killed, to be started again"
echo "$message"
# Where its own log goes.
echo "{\"level\":\"error\",\"service\":\"check-health\",\"msg\":\"$message\"}" >/proc/1/fd/1
[ -n "$pid" ] && kill -9 "$pid"
exit 1
