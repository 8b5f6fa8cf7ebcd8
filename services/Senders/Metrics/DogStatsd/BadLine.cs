namespace Partner.Metrics.DogStatsd;

/// <summary>Why a line is not taken.</summary>
internal sealed record BadLine(DeadLetterReason Reason, string Detail)
{
    public static readonly BadLine NoMetric = Malformed("a metric is not name:value|type.");
    public static readonly BadLine NoType = Malformed("a metric's type is none of c, g, h, ms, d, s.");
    public static readonly BadLine NoNumber = Malformed("a metric's value is not a finite number.");
    public static readonly BadLine NoRate = Malformed("a sample rate is not above 0 and at most 1.");
    public static readonly BadLine NoTime = Malformed("a timestamp is not a whole number of seconds above 0.");
    public static readonly BadLine TimeOfSamples = Malformed("a timestamp is for counts and gauges alone.");
    public static readonly BadLine TooMuch = Malformed("a metric's values are more than a number can be.");
    public static readonly BadLine NoEvent = Malformed("an event is not _e{title length,text length}:title|text.");

    public static readonly BadLine EventLengths = Malformed(
        "an event's lengths, which are of UTF-8 bytes, do not fit its title and text."
    );

    public static readonly BadLine NoTitle = Malformed("an event has no title.");

    public static readonly BadLine LongKey = Malformed(
        $"aggregation_key exceeds {EventLine.MaxAggregationKey} characters."
    );

    public static readonly BadLine NoCheck = Malformed("a service check is not _sc|name|status.");
    public static readonly BadLine NoStatus = Malformed("a service check's status is none of 0, 1, 2, 3.");

    public static readonly BadLine NoHost = Malformed(
        "a service check has no host, and there is no Agent to add its own: say |h:host."
    );

    public static readonly BadLine LongName = new(
        DeadLetterReason.TooLong,
        $"metric exceeds {MetricsSender.MaxName} characters."
    );

    public static readonly BadLine TooManyValues = new(
        DeadLetterReason.TooLarge,
        $"a distribution has more than {SampleSeries.MaxValues} values."
    );

    /// <summary>Of a request with nothing else; a name that is too long Datadog takes.</summary>
    public int Status => Reason is DeadLetterReason.TooLong ? 0 : StatusCodes.Status400BadRequest;

    private static BadLine Malformed(string detail) => new(DeadLetterReason.Malformed, detail);
}
