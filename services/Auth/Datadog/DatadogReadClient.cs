using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Partner.Egress;

namespace Partner.Auth.Datadog;

/// <summary>Tries a read with a bearer token; what it reads is thrown away.</summary>
internal sealed class DatadogReadClient(HttpClient http)
{
    /// <summary>A browser waits for all of these together.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// True: Datadog did it. False: it may not be done; a 401 to a token that was made a moment ago is about the
    /// endpoint, never a revocation (datadog-facts 2.6). Null: no word on that.
    /// </summary>
    public async Task<bool?> TryAsync(DatadogSite site, Secret token, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, $"https://{site.Hosts[Product.Api]}{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var response = await http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                patience.Token
            );
            return response.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => false,
                _ when response.IsSuccessStatusCode => true,
                _ => null,
            };
        }
        catch (Exception exception)
            when (exception
                    is HttpRequestException
                        or IOException
                        or EgressRefusedException
                        or OperationCanceledException
            )
        {
            return null;
        }
    }
}
