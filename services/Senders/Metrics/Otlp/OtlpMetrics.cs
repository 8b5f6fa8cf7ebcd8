using System.Text.Json;

namespace Partner.Metrics.Otlp;

/// <summary>
/// An ExportMetricsServiceRequest becomes v2 series and distributions, which every site has, by Datadog's own mapping
/// (datadog-facts 3.9 c). A data point is an item.
/// </summary>
internal sealed class OtlpMetrics : OtlpWalk
{
    private const long NanosecondsOfMillisecond = 1_000_000;
    private const long MillisecondsOfSecond = 1_000;

    private static readonly (int Field, PointKind Kind)[] Kinds =
    [
        (MetricFields.Gauge, PointKind.Number),
        (MetricFields.Sum, PointKind.Number),
        (MetricFields.Histogram, PointKind.Histogram),
        (MetricFields.Exponential, PointKind.Exponential),
        (MetricFields.Summary, PointKind.Summary),
    ];

    private readonly OtlpItems _series;
    private readonly OtlpItems _distributions;
    private readonly CumulativeSeries _cumulative;
    private readonly SeriesIdentity _identity = new();
    private readonly long _oldest;
    private readonly long _newest;
    private OtlpResource _resource = OtlpResource.Of([], OtlpFields.Resource.Attributes);

    private OtlpMetrics(IntakeBody body)
        : base(MetricSchema.Request)
    {
        (_series, _distributions) = (new OtlpItems(body), new OtlpItems(body));
        _cumulative = new CumulativeSeries(body);
        _oldest = (body.Now - MetricsSender.MaxAge).ToUnixTimeMilliseconds();
        _newest = (body.Now + MetricsSender.MaxAhead).ToUnixTimeMilliseconds();
    }

    protected override bool IsOver => (_series.Refusal ?? _distributions.Refusal) is not null;

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not OTLP, or is more than is taken.</exception>
    public static ParsedBody Parse(IntakeBody body, string contentType)
    {
        var metrics = new OtlpMetrics(body);
        metrics.Walk(body, contentType);
        MalformedException.ThrowIf(metrics._series.Refusal ?? metrics._distributions.Refusal);
        var parsed = metrics._series.Finish(MetricsSender.V2) with
        {
            More = [metrics._distributions.Finish(MetricsSender.Distributions)],
            LeftOut = metrics.LeftOut,
            Continues = metrics._cumulative.Continues,
        };
        return OtlpAnswer.To(parsed, contentType, "rejectedDataPoints");
    }

    protected override void EnterResource(ReadOnlySpan<byte> resource)
    {
        _resource = OtlpResource.Of(resource, OtlpFields.Resource.Attributes);
        _identity.EnterResource(resource);
    }

    protected override void EnterScope(ReadOnlySpan<byte> scope) => _identity.EnterScope(scope);

    protected override void PassOver(ReadOnlySpan<byte> message) => _series.BuryBytes(Refused.Resource, null, message);

    protected override void PassOverJson(ReadOnlySpan<byte> json) => _series.BuryJson(json);

    protected override void Visit(ReadOnlySpan<byte> item)
    {
        var (name, unit) = ("", "");
        var reader = new ProtobufReader(item);
        while (reader.Next())
        {
            if (MetricSchema.Metric.Find(reader.Field)?.Takes(reader.Type) == false)
            {
                _series.BuryBytes(Refused.Metric, null, item);
                return;
            }

            switch (reader.Field)
            {
                case MetricFields.Name:
                    name = reader.ReadString();
                    break;
                case MetricFields.Unit:
                    unit = reader.ReadString();
                    break;
            }
        }

        if (reader.IsBad || name.Length == 0)
        {
            _series.BuryBytes(reader.IsBad ? Refused.Metric : Refused.Nameless, null, item);
            return;
        }

        if (name.Length > MetricsSender.MaxName)
        {
            // What Datadog makes of it is not documented; two metrics may become one.
            _series.BuryBytes(Refused.LongName, name, item);
            return;
        }

        var metric = new OtlpMetric(name, OtlpUnits.Map(unit));
        for (var data = new ProtobufReader(item); !IsOver && data.Next(); )
        {
            var field = data.Field;
            if (Array.Find(Kinds, kind => kind.Field == field) is { Field: > 0, Kind: var kind })
            {
                VisitData(metric, data.ReadBytes(), kind, field);
            }
        }
    }

    // How its points are to be read may stand behind them.
    private void VisitData(OtlpMetric metric, ReadOnlySpan<byte> data, PointKind kind, int field)
    {
        var schema = MetricSchema.DataOf(OtlpPoint.SchemaOf(kind));
        var (temporality, isMonotonic) = (0UL, false);
        var reader = new ProtobufReader(data);
        while (reader.Next())
        {
            if (schema.Find(reader.Field)?.Takes(reader.Type) == false)
            {
                _series.BuryBytes(Refused.Metric, metric.Name, data);
                return;
            }

            switch (reader.Field)
            {
                case MetricFields.Temporality:
                    temporality = reader.ReadVarint();
                    break;
                case MetricFields.IsMonotonic:
                    isMonotonic = reader.ReadVarint() != 0;
                    break;
            }
        }

        if (reader.IsBad)
        {
            _series.BuryBytes(Refused.Metric, metric.Name, data);
            return;
        }

        var isSaid = temporality is MetricFields.Delta or MetricFields.Cumulative;
        var isCounted = field != MetricFields.Gauge && (field != MetricFields.Sum || isMonotonic);
        metric = metric with
        {
            Kind = kind,
            Type =
                field == MetricFields.Sum && (isCounted || temporality == MetricFields.Delta)
                    ? OtlpSeries.Count
                    : OtlpSeries.Gauge,
            // A summary counts since it began (metrics.proto), and has no field that says so.
            IsCumulative = kind == PointKind.Summary || (isCounted && temporality == MetricFields.Cumulative),
        };
        var fault = isSaid || field is MetricFields.Gauge or MetricFields.Summary ? null : Refused.NoTemporality;
        for (var points = new ProtobufReader(data); !IsOver && points.Next(); )
        {
            if (points.Field == MetricFields.Points)
            {
                Count(OtlpPoint.SchemaOf(kind));
                VisitPoint(metric, points.ReadBytes(), fault);
            }
        }
    }

    private void VisitPoint(OtlpMetric metric, ReadOnlySpan<byte> message, Refused? fault)
    {
        if (!OtlpCheck.IsReadable(message, OtlpPoint.SchemaOf(metric.Kind), out var tooMany))
        {
            _series.BuryBytes(tooMany ? Refused.TooManyParts : Refused.Point, metric.Name, message);
            return;
        }

        var point = OtlpPoint.Read(message, metric.Kind);
        if (point.HasNoValue)
        {
            return;
        }

        LeftOut += point.Exemplars;
        fault ??=
            point.Time == 0 ? Refused.NoTime
            : point.HasTooManyBuckets ? Refused.TooManyBuckets
            : PointMapping.FaultOf(metric.Kind, point);
        var growth =
            fault is null && metric.IsCumulative ? Follow(metric, message, ref point, out fault) : Growth.Known;
        var values =
            fault is null && growth == Growth.Known && metric.IsDistribution
                ? PointMapping.ValuesOf(metric.Kind, point, out fault)
                : null;
        if (fault is not null)
        {
            _series.BuryBytes(fault, metric.Name, message);
        }
        else if (growth == Growth.Known || (growth == Growth.Nothing && point.Quantiles.Count > 0))
        {
            // Of no observations there is nothing to tell.
            if (values is not { Count: 0 })
            {
                Add(metric, point, values, PointMapping.TagsOf(message, metric.Kind), growth);
            }
        }
        else if (growth == Growth.Nothing)
        {
            LeftOut++;
        }
    }

    // A point that comes too late to be sent is in the growth of the next one.
    private Growth Follow(OtlpMetric metric, ReadOnlySpan<byte> message, ref OtlpPoint point, out Refused? fault)
    {
        fault = null;
        var at = (long)(point.Time / NanosecondsOfMillisecond);
        if (at < _oldest || at > _newest)
        {
            fault = at > _newest ? Refused.Future : null;
            return Growth.Nothing;
        }

        var key = _identity.KeyOf(metric.Name, metric.Unit, metric.Kind, message, point.Start);
        var growth = _cumulative.Follow(key, metric.Kind, point, message, out point, out var refusal);
        if (refusal is not null)
        {
            _series.Refuse(refusal);
        }

        fault = growth == Growth.TooManySeries ? Refused.TooManySeries : null;
        return growth;
    }

    private void Add(OtlpMetric metric, OtlpPoint point, List<ValueRun>? values, List<string> tags, Growth growth)
    {
        var items = values is null ? _series : _distributions;
        var at = (long)(point.Time / NanosecondsOfMillisecond);
        var head = new OtlpSeriesHead(metric.Name, metric.Unit, _resource, tags);
        var start = items.Series.Written;
        if (values is not null)
        {
            items.Series.WriteDistribution(head, at / MillisecondsOfSecond, values);
        }
        else if (metric.Kind == PointKind.Summary)
        {
            PointMapping.WriteSummary(items.Series, head, point, at / MillisecondsOfSecond, growth == Growth.Known);
        }
        else
        {
            items.Series.Write(
                head,
                "",
                metric.Type,
                at / MillisecondsOfSecond,
                point.Value!.Value,
                metric.Type == OtlpSeries.Count ? PointMapping.IntervalOf(point) : 0
            );
        }

        items.Add(start, at, _oldest, _newest);
    }

    private sealed record OtlpMetric(string Name, string? Unit)
    {
        public PointKind Kind { get; init; }

        public int Type { get; init; }

        public bool IsCumulative { get; init; }

        public bool IsDistribution => Kind is PointKind.Histogram or PointKind.Exponential;
    }
}
