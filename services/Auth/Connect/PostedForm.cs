using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Partner.Auth.Connect;

/// <summary>
/// A form of ours, which is short and never multipart. Any client may post anything: the framework's reader throws over
/// a body that it cannot read, and takes megabytes.
/// </summary>
internal static class PostedForm
{
    private const int MaxBytes = 4096;
    private const string ContentType = "application/x-www-form-urlencoded";

    /// <returns>The form, or the page that says that it is none.</returns>
    public static async Task<(Dictionary<string, StringValues>? Form, HtmlPage? Refusal)> ReadAsync(HttpRequest request)
    {
        if (
            !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase)
            || request.Headers.ContentEncoding.Count > 0
        )
        {
            return (null, Refused(StatusCodes.Status400BadRequest));
        }

        var body = new byte[MaxBytes + 1];
        try
        {
            var read =
                request.ContentLength > MaxBytes
                    ? body.Length
                    : await request.Body.ReadAtLeastAsync(
                        body,
                        body.Length,
                        throwOnEndOfStream: false,
                        request.HttpContext.RequestAborted
                    );
            return read > MaxBytes
                ? (null, Refused(StatusCodes.Status413PayloadTooLarge))
                : (QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body, 0, read)), null);
        }
        catch (BadHttpRequestException exception)
        {
            return (null, Refused(exception.StatusCode));
        }
    }

    private static HtmlPage Refused(int status) => HtmlPage.Of(PageReasons.Of(PageReasons.UnreadableForm), status);
}
