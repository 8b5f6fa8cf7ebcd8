using Microsoft.AspNetCore.WebUtilities;

namespace Partner.Sandbox.OAuth;

/// <summary>303 to the partner; parameters without a value are left out.</summary>
internal sealed record SeeOther(string Location) : IResult
{
    public static SeeOther To(string uri, Dictionary<string, string?> parameters) =>
        new(QueryHelpers.AddQueryString(uri, parameters.Where(p => p.Value is not null)));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = Location;
        return Task.CompletedTask;
    }
}
