# Completion of kubectl-ku8 for PowerShell: kubectl-ku8 completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'kubectl-ku8', 'kubectl-ku8.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        Select-Object -Skip 1 |
        ForEach-Object { $_.ToString() })
    # An empty word would be lost on its way.
    if ($wordToComplete -eq '') { $words += '""' }
    $null | & kubectl-ku8 __complete @words 2>$null | ForEach-Object {
        if ($_ -match '^:[0-9]+$') { return }
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
