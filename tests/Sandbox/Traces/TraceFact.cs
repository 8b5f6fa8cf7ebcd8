namespace Partner.Sandbox.Traces;

/// <summary>Why spans were refused (see <see cref="Fact"/>).</summary>
internal static class TraceFact
{
    public const string NoKey = "datadog-facts 3.6c: 401 or 403 without a key; which of the two is ND, 401 chosen";
    public const string BadKey = "datadog-facts 3.6: 403 bad key, or a key of another site";
    public const string Malformed = "datadog-facts 3.6: 400 payload; the body is ND";
    public const string Encoding = "ND: Content-Encoding other than identity, gzip or deflate; 415 chosen";
    public const string OtlpContentType =
        "datadog-facts 3.6d: http/protobuf or http/json; the status is ND, 415 chosen";
    public const string OtlpTooLarge = "datadog-facts 3.6d: 413 over 15 MiB uncompressed";
    public const string OtlpOrg = "datadog-facts 3.6d: 403, the org is not allowed on OTLP";
    public const string OtlpSource = "datadog-facts 3.6d: 403, dd-otlp-source missing or wrong (switch otlpSource)";
    public const string OtlpPlatform =
        "datadog-facts 1.2, 3.6e: Datadog has not enabled this platform's sub-domain (switch otlpPlatform); status ND";
    public const string JsonSpansTooLarge =
        "datadog-facts 3.6c, 9.7: the limit is ND, what tracers flush at was chosen";
    public const string AgentTooLarge = "datadog-facts 3.6b: 413 over 3.2 MB";
}
