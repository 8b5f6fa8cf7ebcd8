using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>
/// What the intakes under an API key have in common outside of logs: what they say to a key, which bodies they read,
/// and the words {"errors":["text"]} in which they refuse (datadog-facts 3.1).
/// </summary>
internal sealed record ApiIntake(string Type, int WireBytes, int PlainBytes, string TooLarge, string ContentType)
{
    /// <summary>Null where the key is good. What a missing key gets is documented for validate alone.</summary>
    public static Answer? RefuseKey(Exchange exchange, SandboxState state) =>
        exchange switch
        {
            { KeyPresented: false } => Answer.Errors(403, "API key required", Fact.KeyRequired),
            { Key: null } => Answer.Forbidden(Fact.KeyInvalid),
            { Key: { } key } when !state.Orgs.IsActive(key) => Answer.Forbidden(Fact.KeySettling),
            _ => null,
        };

    public Answer Refuse(int status, string error, string fact) =>
        Answer.Errors(status, error, fact) with
        {
            ContentType = ContentType,
        };

    public async Task<(byte[]? Body, Answer? Refusal)> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Body.Length > WireBytes)
        {
            return (null, Refuse(413, "Payload too large", TooLarge));
        }

        try
        {
            var body = await Inflater.InflateAsync(
                request.Body,
                request.Headers.ContentEncoding,
                PlainBytes,
                context.RequestAborted
            );
            return body switch
            {
                null => (null, Refuse(415, "Unsupported Content-Encoding", Fact.IntakeEncoding)),
                { Length: var length } when length > PlainBytes => (null, Refuse(413, "Payload too large", TooLarge)),
                _ => (body, null),
            };
        }
        catch (InvalidDataException)
        {
            return (null, Refuse(400, "Payload is not in its Content-Encoding", Fact.IntakeEncoding));
        }
    }
}
