using System.Text.RegularExpressions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Partner.Testing.PartnerApi;

/// <summary>What every operation of the partner API has in common.</summary>
internal static partial class Operations
{
    public static Task TransformAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var path = context.Description.RelativePath ?? "";
        operation.Tags = new HashSet<OpenApiTagReference> { new(TagOf(path)) };
        operation.Responses ??= [];
        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "Refused or failed; `type` says why.",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference("Problem") },
            },
        };
        if (context.Description.HttpMethod == "POST")
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(
                new OpenApiParameter
                {
                    Name = "Idempotency-Key",
                    In = ParameterLocation.Header,
                    Description = "The same key with the same body gets the same answer for 24 hours.",
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        MinLength = 1,
                        MaxLength = 255,
                    },
                }
            );
        }

        return Task.CompletedTask;
    }

    // The last fixed part that names things: tenants/{tenant}/connections are connections.
    private static string TagOf(string path) =>
        Fixed().Matches(path).Select(m => m.Value).LastOrDefault(word => word is not ("partner" or "v1")) ?? "partner";

    [GeneratedRegex(@"(?<=^|/)[a-z][a-z0-9-]*(?=/|$)")]
    private static partial Regex Fixed();
}
