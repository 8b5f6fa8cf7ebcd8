using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>
/// POST /api/v1/series, /api/v2/series and /api/v1/distribution_points: the intakes that answer 202 to what nobody will
/// ever see, a dead key's metrics and points out of their window (datadog-facts 3.1, 3.2).
/// </summary>
internal static class SeriesIntake
{
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(10);

    public static RouteGroupBuilder MapSeriesIntake(this RouteGroupBuilder routes)
    {
        var intake = routes.MapGroup("").WithMetadata(new IntakeEndpoint());
        intake.MapPost(
            "/api/v1/series",
            (HttpContext context, SandboxState state) => AcceptAsync(context, state, SeriesDialect.V1)
        );
        intake.MapPost(
            "/api/v2/series",
            (HttpContext context, SandboxState state) => AcceptAsync(context, state, SeriesDialect.V2)
        );
        intake.MapPost(
            "/api/v1/distribution_points",
            (HttpContext context, SandboxState state) => AcceptAsync(context, state, SeriesDialect.Distribution)
        );
        return routes;
    }

    private static async Task<Answer> AcceptAsync(HttpContext context, SandboxState state, SeriesDialect dialect)
    {
        var exchange = context.Exchange();
        var badKey = ApiIntake.RefuseKey(exchange, state);
        if (badKey is not null && (!exchange.KeyPresented || state.Settings.Strict))
        {
            return badKey;
        }

        var (series, refusal) = await ReadAsync(context, dialect);
        if (series is null)
        {
            return refusal!;
        }

        var now = state.Clock.GetUtcNow();
        if (state.Settings.Strict && LossOf(series, dialect, now) is { } loss)
        {
            return loss;
        }

        var items = Classify(series, dialect, badKey, now);
        exchange.Fact = items.Find(item => !item.IsDelivered)?.Fate switch
        {
            null => exchange.Fact,
            Fate.BadKey => Fact.KeyUnchecked,
            _ => PointsOf(series) > dialect.MaxPoints ? Fact.TooManyPoints : Fact.PointLate,
        };
        state.Arrivals.Record(context, badKey is null ? exchange.Org : exchange.KeyOwner, dialect.Intake.Type, items);
        return new Answer(202, dialect.Accepted, ContentType: dialect.Intake.ContentType);
    }

    private static async Task<(List<Series>? Series, Answer? Refusal)> ReadAsync(
        HttpContext context,
        SeriesDialect dialect
    )
    {
        var (body, refusal) = await dialect.Intake.ReadAsync(context);
        if (body is null)
        {
            return (null, refusal);
        }

        var isProtobuf =
            dialect == SeriesDialect.V2
            && context.Request.ContentType is { } type
            && type.StartsWith("application/x-protobuf", StringComparison.OrdinalIgnoreCase);
        var json = isProtobuf ? SeriesProtobuf.ToJson(body) : body;
        var (series, fault) = json is null ? (null, "invalid protobuf") : SeriesPayload.FromJson(json, dialect);
        return (
            series,
            series is null
                ? dialect.Intake.Refuse(400, $"Payload is not in the expected format: {fault}", Fact.SeriesMalformed)
                : null
        );
    }

    private static List<ArrivedItem> Classify(
        List<Series> series,
        SeriesDialect dialect,
        Answer? badKey,
        DateTimeOffset now
    )
    {
        var lost =
            badKey is not null ? Fate.BadKey
            : PointsOf(series) > dialect.MaxPoints ? Fate.Dropped
            : default(Fate?);
        return lost is { } fate
            ? series.ConvertAll(one => ArrivedItem.Of(one.Raw, fate))
            : [.. series.SelectMany(one => Classify(one, now))];
    }

    private static int PointsOf(List<Series> series) => series.Sum(one => one.Times.Count);

    // A series that has points on both sides of the window is told apart into what is kept and what vanished.
    private static IEnumerable<ArrivedItem> Classify(Series series, DateTimeOffset now)
    {
        var late = series.Times.Count(time => !IsCurrent(time, now));
        if (late == 0)
        {
            return [ArrivedItem.Of(series.Raw, Fate.Kept)];
        }

        return late == series.Times.Count
            ? [ArrivedItem.Of(series.Raw, Fate.Dropped)]
            :
            [
                ArrivedItem.Of(series.Only(time => IsCurrent(time, now)), Fate.Kept, true),
                ArrivedItem.Of(series.Only(time => !IsCurrent(time, now)), Fate.Dropped, true),
            ];
    }

    private static Answer? LossOf(List<Series> all, SeriesDialect dialect, DateTimeOffset now)
    {
        if (PointsOf(all) > dialect.MaxPoints)
        {
            return dialect.Intake.Refuse(
                413,
                $"strict: the payload has above {dialect.MaxPoints} points",
                Fact.TooManyPoints
            );
        }

        return all.FindIndex(series => series.Times.Any(time => !IsCurrent(time, now))) is >= 0 and var late
            ? dialect.Intake.Refuse(
                400,
                $"strict: series[{late}] has a point older than 1 hour or over 10 minutes ahead",
                Fact.PointLate
            )
            : null;
    }

    private static bool IsCurrent(double seconds, DateTimeOffset now) =>
        seconds >= (now - Age).ToUnixTimeSeconds() && seconds <= (now + Ahead).ToUnixTimeSeconds();
}
