#compdef kubectl-ku8
# Completion of kubectl-ku8 for zsh: source <(kubectl-ku8 completion zsh)
_kubectl_ku8() {
    local -a found space
    local line value directive=4
    while IFS= read -r line; do
        if [[ $line == :[0-9]* ]]; then
            directive=${line#:}
            continue
        fi
        value=${line%%$'\t'*}
        if [[ $line == *$'\t'* ]]; then
            found+=("${value//:/\\:}:${line#*$'\t'}")
        else
            found+=("${value//:/\\:}")
        fi
    done < <(kubectl-ku8 __complete "${(@)words[2,CURRENT]}" </dev/null 2>/dev/null)
    if (( directive & 2 )); then space=(-S ''); fi
    if (( ${#found} )); then
        _describe -V 'kubectl ku8' found "${space[@]}"
    elif (( ! (directive & 4) )); then
        _files
    fi
}
if [[ ${funcstack[1]-} == _kubectl_ku8 ]]; then
    _kubectl_ku8
elif (( $+functions[compdef] )); then
    compdef _kubectl_ku8 kubectl-ku8
fi
