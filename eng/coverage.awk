# ./dev coverage-of: the numbers of SECURITY.md, each with the tests that carry it and how they ended.
# awk -v wanted="security faults" -f eng/coverage.awk SECURITY.md results.txt
# where results.txt is the test runner's XML with one element per line.

function attribute(line, name) {
    return match(line, " " name "=\"[^\"]*\"") ? substr(line, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
}

FNR == NR {
    if (match($0, /^\| [SF][0-9]+ \|/)) {
        split($0, cell, " \\| ")
        number = substr(cell[1], 3)
        sub(/ *\|$/, "", cell[3])
        order[++count] = number
        title[number] = cell[2]
        claim[number] = cell[3]
    }
    next
}

/^<test / {
    result = attribute($0, "result")
    test = attribute($0, "type") "." attribute($0, "method")
    sub(/^Partner\./, "", test)
}

/^<trait / {
    kind = attribute($0, "name")
    value = attribute($0, "value")
    number = kind == "security" ? "S" value : kind == "fault" ? value : ""
    if (number == "") next
    key = number SUBSEP test
    if (!(key in ran)) tests[number, ++found[number]] = test
    ran[key]++
    if (result == "Pass") passed[key]++
    if (result == "Pass") passes[number]++
    if (result == "Fail") failures[number]++
}

END {
    for (i = 1; i <= count; i++) {
        number = order[i]
        group = number ~ /^S/ ? "security" : "faults"
        if (index(" " wanted " ", " " group " ") == 0) continue
        state = failures[number] ? "FAILED" : passes[number] ? "passed" : claim[number] == "tests" ? "MISSING" : claim[number]
        if (state == "FAILED" || state == "MISSING") bad = bad " " number
        else if (passes[number]) good++
        if (substr(state, 1, 6) == "argued") argued++
        printf "%-4s %-8s %s\n", number, substr(state, 1, 6) == "argued" ? "argued" : state, title[number]
        if (substr(state, 1, 6) == "argued") printf "              %s\n", claim[number]
        for (t = 1; t <= found[number]; t++) {
            test = tests[number, t]
            key = number SUBSEP test
            printf "              %s", test
            if (passed[key] < ran[key]) printf " (%d of %d passed)", passed[key], ran[key]
            else if (ran[key] > 1) printf " (%d)", ran[key]
            print ""
        }
    }
    printf "%d shown by tests, %d argued%s\n", good, argued, bad == "" ? "" : "; not met:" bad
    exit bad != ""
}
