using System.Text;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Partner.ServiceDefaults;

/// <summary>
/// One check of the text of all requests to our own API and pages, before anything is bound from it: U+0000, which no
/// text column takes, is 400 wherever it stands, and JSON bodies can be read by any reader (<see cref="JsonText"/>).
/// Datadog's intake is not bound but read by each sender.
/// </summary>
internal static class ReadableRequests
{
    private const string Rule = "Text cannot hold U+0000.";

    // The callback is judged as a whole and answered by a page (CallbackRequest).
    private static readonly PathString[] Ours = ["/partner", "/internal", "/connect"];

    public static void UseReadableRequests(this WebApplication app) =>
        app.Use(
            async (context, next) =>
            {
                var refusal = FieldWithNul(context.Request) is { } field ? Problems.Invalid(field, Rule) : null;
                refusal ??=
                    BindsBody(context) && context.Request.HasJsonContentType() ? await ReadAsync(context) : null;
                await (refusal is null ? next(context) : refusal.ExecuteAsync(context));
            }
        );

    private static string? FieldWithNul(HttpRequest request)
    {
        if (!Ours.Any(prefix => request.Path.StartsWithSegments(prefix)))
        {
            return null;
        }

        // The server itself refuses it in a path.
        return request.Query.Where(pair => pair.Key.Contains('\0')).Any()
            ? "query"
            : request
                .Query.Where(pair => pair.Value.Any(value => value!.Contains('\0')))
                .Select(pair => pair.Key)
                .FirstOrDefault();
    }

    private static bool BindsBody(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is not null;

    private static async Task<Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult?> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (EncodingOf(request) is not { } encoding)
        {
            return TypedResults.Problem(statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        var json = JsonText.Readable(
            encoding is UTF8Encoding ? body.ToArray() : Encoding.UTF8.GetBytes(encoding.GetString(body.ToArray()))
        );
        // Between services text may go into an audit trail, which keeps it as escaped JSON.
        if (!request.Path.StartsWithSegments("/internal") && JsonText.FieldWithNul(json) is { } field)
        {
            return Problems.Invalid(field.Length == 0 ? "body" : field, Rule);
        }

        request.Body = new MemoryStream(json);
        if (encoding is not UTF8Encoding)
        {
            request.ContentType = "application/json";
        }

        return null;
    }

    // Null: an unknown encoding.
    private static Encoding? EncodingOf(HttpRequest request)
    {
        try
        {
            return MediaTypeHeaderValue.Parse(request.ContentType).Charset is { Length: > 0 } charset
                ? Encoding.GetEncoding(charset.Value!.Trim('"'))
                : Encoding.UTF8;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
