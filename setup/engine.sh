# A Docker engine: the one that answers is used as it is; else one is started. Sourced by setup.sh.
# shellcheck shell=bash disable=SC2154 # setup.sh's variables

socket=/var/run/docker.sock
engine_log=/var/log/dockerd.log

# The project's own SDK asks, and so DOCKER_HOST means here what it means in a run.
engine_answers() {
    "$venv/bin/python" -c 'import docker; docker.from_env(timeout=10).ping()' 2>/dev/null
}

# An engine from elsewhere than Debian, or one that DOCKER_HOST names, is not replaced.
needs_engine_package() {
    [ -z "${DOCKER_HOST:-}" ] && ! command -v dockerd >/dev/null && ! engine_answers
}

is_running() {
    local comm
    for comm in /proc/[0-9]*/comm; do
        [ "$(cat "$comm" 2>/dev/null)" != "$1" ] || return 0
    done
    return 1
}

wait_for_engine() {
    local deadline=$((SECONDS + 60)) grace=$((SECONDS + 5))
    until engine_answers; do
        [ $SECONDS -lt $deadline ] || return 1
        [ $SECONDS -lt $grace ] || is_running dockerd || return 1
        ! engine_is_not_ours || share_engine
        sleep 0.2
    done
}

# The engine of root answers root alone: the user who runs this can't open its socket.
engine_is_not_ours() {
    [ -S $socket ] && [ ! -w $socket ]
}

# An access right for this user and this socket, until the engine restarts; the group `docker`
# would give the user root's rights permanently.
share_engine() {
    report "letting $(id -un) use the engine until it restarts"
    as_root setfacl -m "u:$(id -u):rw" "$(readlink -f $socket)"
}

start_engine() {
    if [ -n "${DOCKER_HOST:-}" ]; then
        fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST" \
            "start that engine, or unset DOCKER_HOST to have one started here"
    fi
    need_root_on_debian "a running Docker engine"
    if [ -d /run/systemd/system ]; then
        quietly "starting Docker by systemd" as_root systemctl start docker
    elif [ "$(cat /proc/1/comm)" = init ] && [ -x /etc/init.d/docker ]; then
        quietly "starting Docker by its init script" as_root service docker start
    else
        start_dockerd
    fi
    wait_for_engine || fail "the Docker engine does not answer" \
        "look at $engine_log (or: journalctl -u docker)" "$(tail -n 5 $engine_log 2>/dev/null)"
}

start_dockerd() {
    report "there is no init system: starting dockerd directly; its log: $engine_log"
    as_root bash -c "$(declare -f is_running forget_dead forget_dead_engine); forget_dead_engine
        setsid nohup dockerd >>'$engine_log' 2>&1 </dev/null &"
}

# forget_dead FILE PROGRAM: remove the pid file of a killed program. dockerd refuses to start while
# *some* process has the number that its predecessor recorded.
forget_dead() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || rm -f "$1"
}

forget_dead_engine() {
    forget_dead /var/run/docker.pid dockerd
    forget_dead /var/run/docker/containerd/containerd.pid containerd
    # dockerd waits for the system's containerd if its socket exists, even if containerd does not run.
    is_running containerd || rm -f /run/containerd/containerd.sock
}
