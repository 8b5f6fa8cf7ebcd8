using System.Text.Json;

namespace Partner.Sending.Otlp;

/// <summary>A body of OTLP, and what is answered to one that cannot be taken.</summary>
public static class OtlpBody
{
    /// <param name="parse">Of the media type that it is given, <see cref="OtlpAnswer.Protobuf"/> or <see cref="OtlpAnswer.Json"/>.</param>
    public static ParsedBody Parse(IntakeBody body, Func<string, ParsedBody> parse) =>
        body.MediaType is OtlpAnswer.Protobuf or OtlpAnswer.Json
            ? Parse(() => parse(body.MediaType))
            : OfAnotherType(body);

    /// <summary>A parser's exceptions are refusals.</summary>
    public static ParsedBody Parse(Func<ParsedBody> parse)
    {
        try
        {
            return parse();
        }
        catch (MalformedException exception)
        {
            return ParsedBody.Refused(exception.Status, exception.Message);
        }
        catch (JsonException)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is not valid JSON.");
        }
    }

    public static ParsedBody OfAnotherType(IntakeBody body) =>
        ParsedBody.Refused(
            StatusCodes.Status415UnsupportedMediaType,
            $"Content-Type {body.MediaType} is not one that {body.Path.Path} takes."
        );
}
