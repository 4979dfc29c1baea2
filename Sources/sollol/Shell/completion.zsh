#compdef sollol
# Completion for zsh: source <(sollol completion zsh), or save it as _sollol in a folder of $fpath.
# What may stand there is what sollol itself says, by the table that parses its command line.
_sollol() {
    local line files=
    local -a candidates
    # `~` in front is only expanded where a name is a pattern.
    for line in "${(@f)$(${~words[1]} complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
        :files) files=1 ;;
        ?*) candidates+=("${${line//:/\\:}/$'\t'/:}") ;;
        esac
    done
    (( $#candidates )) && _describe sollol candidates
    [[ -n $files ]] || return
    # The file begins behind the sign of `--config=FILE`.
    [[ $PREFIX != --*=* ]] || compset -P '*='
    _files
}
# As a file of $fpath it is the function itself; otherwise it has to be made known.
if [[ $funcstack[1] == _sollol ]]; then
    _sollol "$@"
else
    compdef _sollol sollol
fi
