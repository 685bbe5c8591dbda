# Completion of kubectl-ku8 for fish: kubectl-ku8 completion fish | source
function __kubectl_ku8_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (kubectl-ku8 __complete $words[2..-1] </dev/null 2>/dev/null)
        if test "$line" = ':0'
            __fish_complete_path (commandline -ct)
        else if not string match -qr '^:[0-9]+$' -- $line
            echo $line
        end
    end
end
complete -c kubectl-ku8 -f -k -a '(__kubectl_ku8_complete)'
