namespace Partner.Metrics.DogStatsd;

/// <summary>
/// Lines of DogStatsD, as dd-trace sends them to its agent over HTTP and an Agent's proxy takes them (datadog-facts 3.2 a),
/// become v2 series, distribution points, events and service checks. What an Agent sums up within a flush is summed up
/// within the request.
/// </summary>
internal sealed class DogStatsdLines
{
    // What the Agent's proxy takes (datadog-facts 3.2 a); empty ones count.
    private const int MaxLines = 100_000;

    // Of a series with all that it holds, and of a value, which may be copied when its list grows.
    private const int BytesOfSeries = 500;
    private const int BytesOfValue = 64;

    private readonly IntakeBody _body;
    private readonly Dictionary<string, SampleSeries> _series = [];
    private readonly List<double> _values = [];
    private readonly SampleItems _samples;
    private readonly LineItems _events;
    private readonly LineItems _checks;
    private int _leftOut;

    private DogStatsdLines(IntakeBody body)
    {
        _body = body;
        _samples = new SampleItems(body);
        // One event is a request.
        _events = new LineItems(body, EventLine.Window, null);
        _checks = new LineItems(body, CheckLine.Window, ","u8.ToArray());
    }

    private BodyRejection? Refusal => _samples.Refusal ?? _events.Refusal ?? _checks.Refusal;

    public static ParsedBody Parse(IntakeBody body)
    {
        var lines = new DogStatsdLines(body);
        lines.ReadAll();
        return lines.Finish();
    }

    private void ReadAll()
    {
        var rest = _body.Bytes.Span;
        for (var number = 1; rest.Length > 0 && Refusal is null; number++)
        {
            if (number > MaxLines)
            {
                _samples.Series.Refuse(
                    new BodyRejection(
                        StatusCodes.Status413PayloadTooLarge,
                        $"The request has more than {MaxLines} lines."
                    )
                );
                return;
            }

            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            line = line is [.., (byte)'\r'] ? line[..^1] : line;
            if (line.Length > 0 && Read(line) is { } fault)
            {
                _samples.Series.Bury(fault, number, line);
            }
        }
    }

    private BadLine? Read(ReadOnlySpan<byte> line) =>
        line.StartsWith("_e{"u8) ? EventLine.Read(line, _body.Now, _events, ref _leftOut)
        : line.StartsWith("_sc|"u8) ? CheckLine.Read(line, _body.Now, _checks, ref _leftOut)
        : ReadMetric(line);

    private BadLine? ReadMetric(ReadOnlySpan<byte> line)
    {
        Pay(((long)BytesOfValue * (line.Count((byte)':') + 1)) + line.Length);
        if (Refusal is not null)
        {
            return null;
        }

        if (MetricLine.Read(line, _values, out var read) is { } fault)
        {
            return fault;
        }

        var key = $"{read!.Kind} {read.IsTime} {read.Seconds} {read.Name}\n{read.Tags.Key}";
        if (_series.TryGetValue(key, out var series))
        {
            return series.Add(read, _values);
        }

        Pay(BytesOfSeries + (8L * line.Length));
        series = new SampleSeries(read);
        fault = series.Add(read, _values);
        if (fault is null)
        {
            _series.Add(key, series);
        }

        return fault;
    }

    private void Pay(long bytes) => _samples.Series.Refuse(_body.Memory.Take(bytes));

    private ParsedBody Finish()
    {
        foreach (var series in _series.Values)
        {
            if (Refusal is not null)
            {
                break;
            }

            _samples.Add(series);
        }

        return Refusal is { } refusal
            ? ParsedBody.Refused(refusal.Status, refusal.Detail)
            : _samples.Series.Finish(MetricsSender.V2) with
            {
                More =
                [
                    _samples.Distributions.Finish(MetricsSender.Distributions),
                    _events.Finish(MetricsSender.Events),
                    _checks.Finish(MetricsSender.Checks),
                ],
                LeftOut = _leftOut,
                Continues = _samples.Seconds.Continues,
                TakesTurns = true,
                // The Agent's proxy answers with nothing.
                Answer = "",
                AnswerType = "",
            };
    }
}
