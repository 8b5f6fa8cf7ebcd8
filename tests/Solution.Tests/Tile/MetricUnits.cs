namespace Partner.Solution.Tests.Tile;

/// <summary>
/// The units that Datadog's validator knows (source CORE of datadog-facts, 5.5), but for the currencies of single
/// countries. https://docs.datadoghq.com/metrics/units/
/// </summary>
internal static class MetricUnits
{
    public static IReadOnlySet<string> Times { get; } =
        Of("nanosecond, microsecond, millisecond, second, minute, hour, day, week");

    public static IReadOnlySet<string> All { get; } =
        Of(
            """
            bit, byte, kibibyte, mebibyte, gibibyte, tebibyte, pebibyte, exbibyte, kilobyte, megabyte, gigabyte, terabyte,
            petabyte, exabyte, kilobit, megabit, gigabit, terabit, petabit, exabit, bit_in_bits_family, byte_in_bits_family,
            bit_in_decimal_bytes_family, byte_in_decimal_bytes_family, bit_in_binary_bytes_family,
            byte_in_binary_bytes_family, nanosecond, microsecond, millisecond, second, minute, hour, day, week, unix second,
            unix millisecond, fraction, percent, percent_nano, permille, apdex, connection, request, packet, segment,
            response, message, payload, timeout, datagram, route, session, hop, frame, process, thread, host, node, fault,
            service, instance, cpu, core, nanocore, microcore, millicore, kilocore, megacore, gigacore, teracore, petacore,
            exacore, file, inode, sector, block, buffer, read, write, occurrence, event, time, unit, operation, item, task,
            worker, resource, garbage collection, email, sample, stage, monitor, location, check, attempt, device, update,
            method, job, container, execution, throttle, invocation, user, success, build, prediction, exception, run, step,
            alert, token, view, volume, heap, error, assertion, ticket, question, wait, table, index, lock, transaction,
            query, row, key, command, offset, record, object, cursor, document, shard, flush, merge, refresh, fetch, column,
            commit, split, entry, collection, entity, vector, hit, miss, eviction, get, set, scan, page, name, span, dollar,
            cent, microdollar, nanodollar, euro, pound, penny, yen, hertz, kilohertz, megahertz, gigahertz, degree celsius,
            degree fahrenheit, decidegree celsius, watt, nanowatt, microwatt, milliwatt, deciwatt, kilowatt, megawatt,
            gigawatt, terawatt, ampere, milliampere, volt, millivolt, joule, millijoule, nanojoule, kilojoule, megajoule
            """
        );

    private static HashSet<string> Of(string names) =>
        [.. names.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
