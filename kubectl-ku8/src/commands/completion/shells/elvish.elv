# Completion of kubectl-ku8 for elvish: eval (kubectl-ku8 completion elvish | slurp)
use re
use str
set edit:completion:arg-completer[kubectl-ku8] = {|@words|
    var lines = [(try { kubectl-ku8 __complete (all $words[1..]) </dev/null 2>/dev/null } catch { nop })]
    for line $lines {
        if (not (re:match '^:[0-9]+$' $line)) {
            var parts = [(str:split "\t" $line)]
            if (> (count $parts) 1) {
                edit:complex-candidate $parts[0] &display=$parts[0]' ('$parts[1]')'
            } else {
                put $parts[0]
            }
        }
    }
}
