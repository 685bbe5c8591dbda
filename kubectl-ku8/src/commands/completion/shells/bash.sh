# Completion of kubectl-ku8 for bash: source <(kubectl-ku8 completion bash)
_kubectl_ku8() {
    local words line value cur part directive=4
    # The line is split here: readline would break it at = and : too.
    IFS=' ' read -r -a words <<<"${COMP_LINE:0:COMP_POINT}"
    case ${COMP_LINE:0:COMP_POINT} in *' ') words+=("") ;; esac
    cur=${words[${#words[@]} - 1]}
    # What stands before the last = or : is not replaced, so it is not repeated.
    part=${cur%"${cur##*[=:]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :[0-9]*) directive=${line#:} ;;
            *)
                value=${line%%$'\t'*}
                COMPREPLY+=("${value#"$part"}")
                ;;
        esac
    done < <(kubectl-ku8 __complete "${words[@]:1}" </dev/null 2>/dev/null)
    if ((directive & 2)); then compopt -o nospace 2>/dev/null; fi
    if ((!(directive & 4) && ${#COMPREPLY[@]} == 0)); then compopt -o default 2>/dev/null; fi
    return 0
}
complete -F _kubectl_ku8 kubectl-ku8
