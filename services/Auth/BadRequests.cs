using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;

namespace Partner.Auth;

/// <summary>
/// A part of a request that cannot be read is reported as its validation would report it: <c>errors</c> names the
/// field. The exception's own words are ours, not the client's (security 49).
/// </summary>
internal sealed partial class BadRequests : IExceptionHandler
{
    private const string WholeBody = "body";

    public async ValueTask<bool> TryHandleAsync(
        HttpContext context,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        if (exception is not BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad)
        {
            return false;
        }

        var field =
            bad.InnerException is JsonException json ? FieldOf(json.Path)
            : ParameterIn().Match(bad.Message) is { Success: true } parameter ? parameter.Groups[1].Value
            : WholeBody;
        await Problems.Invalid(field, "This cannot be read as what it has to be.").ExecuteAsync(context);
        return true;
    }

    // A raw sample: $.external_id, $.events[2]
    private static string FieldOf(string? path) => path is null or "$" ? WholeBody : path.TrimStart('$', '.');

    // A raw sample: Failed to bind parameter "Nullable<int> limit" from "x".
    [GeneratedRegex("""^Failed to bind parameter "[^"]*?(\w+)" from""")]
    private static partial Regex ParameterIn();
}

internal static class BadRequestsFeature
{
    public static void AddBadRequests(this IServiceCollection services)
    {
        services.AddExceptionHandler<BadRequests>();
        services.PostConfigure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.PostConfigure<ProblemDetailsOptions>(options =>
        {
            var usual = options.CustomizeProblemDetails;
            options.CustomizeProblemDetails = context =>
            {
                usual?.Invoke(context);
                if (context.ProblemDetails is HttpValidationProblemDetails invalid)
                {
                    invalid.Errors = invalid.Errors.ToDictionary(
                        e => NameOf(e.Key),
                        e =>
                            Array.ConvertAll(
                                e.Value,
                                text => text.Replace($"The {e.Key} field", $"The {NameOf(e.Key)} field")
                            )
                    );
                }
            };
        });
    }

    // Validation names the property, the client the JSON.
    private static string NameOf(string property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property);
}
