# Bash completion for belfryd, belfry and belfryctl. It reads options and commands from --help.

# The names of all options, without dashes.
_belfry_options() {
    "$1" --help 2>/dev/null | sed -nE 's/^  --([a-z-]+).*/\1/p'
}

# The name that --help gives to the value of an option; empty for a switch.
_belfry_value_name() {
    "$1" --help 2>/dev/null | sed -nE "s/^  --$2 ([^ ]+)( .*)?$/\1/p"
}

_belfry_commands() {
    "$1" --help 2>/dev/null | sed -nE 's/^  ([a-z][a-z-]*)( .*)?$/\1/p'
}

# The values of an option that has only a few.
_belfry_words() {
    case $1 in
        color) echo auto always never ;;
        durability) echo commit async memory ;;
        log-level) echo error warning info debug ;;
        log-format) echo text json ;;
    esac
}

_belfry() {
    local program=$1 cur=$2 prev=$3 name dashes
    COMPREPLY=()

    # After an option that takes a value. Options take one dash or two, and _ and - are the same.
    if [[ $prev == -* ]]; then
        name=${prev#-}
        name=${name#-}
        name=${name//_/-}
        case $(_belfry_value_name "$program" "$name") in
            '') ;;
            FILE) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
            DIR) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
            *) mapfile -t COMPREPLY < <(compgen -W "$(_belfry_words "$name")" -- "$cur"); return ;;
        esac
    fi

    case $cur in
        - | --*) dashes=-- ;;
        -*) dashes=- ;;
    esac
    if [[ -n $dashes ]]; then
        name=${cur#-}
        name=${name#-}
        mapfile -t COMPREPLY < <(compgen -P "$dashes" -W "$(_belfry_options "$program")" -- "${name//_/-}")
    elif [[ $prev == import || $prev == backup ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(_belfry_commands "$program")" -- "$cur")
    fi
}

complete -o filenames -F _belfry belfryd belfry belfryctl
