using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Partner.Migrator;

/// <summary>One service's schema and role, which share a name, and the scripts that make it.</summary>
public sealed record Schema(string Name, string Password, IReadOnlyList<Script> Scripts)
{
    // The password stays out of logs and messages.
    public override string ToString() => Name;

    /// <summary>The scripts that are still to be applied, in order.</summary>
    /// <exception cref="InvalidOperationException">One was applied with other contents.</exception>
    internal IReadOnlyList<Script> Unapplied(IReadOnlyDictionary<int, string> applied)
    {
        var changed = Scripts.FirstOrDefault(s => applied.TryGetValue(s.Number, out var before) && before != s.Hash);
        return changed is null
            ? [.. Scripts.Where(script => !applied.ContainsKey(script.Number))]
            : throw new InvalidOperationException(
                $"{Name}/{changed.Name} was applied before with other contents; write a new script instead."
            );
    }
}

/// <summary>A numbered, forward-only script: <c>001_connections.sql</c>.</summary>
public sealed record Script(int Number, string Name, string Sql)
{
    internal string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
}

/// <summary>What the configuration asks for.</summary>
/// <param name="Mistakes">What is wrong with it and what to do; nothing is migrated while there are any.</param>
public sealed partial record MigrationPlan(
    string AdminConnectionString,
    string Database,
    IReadOnlyList<Schema> Schemas,
    IReadOnlyList<string> Mistakes
)
{
    // The admin's connection string stays out of logs and messages.
    public override string ToString() => Database;

    /// <summary>
    /// Reads <c>ConnectionStrings:postgres</c> (the admin's), <c>Database</c> and, per schema,
    /// <c>Schemas:{name}:Scripts</c> (folder) and <c>Schemas:{name}:Password</c> (of the role of the same name).
    /// </summary>
    public static MigrationPlan Read(IConfiguration configuration, string folder)
    {
        var mistakes = new List<string>();
        var admin = configuration.GetConnectionString("postgres");
        if (string.IsNullOrEmpty(admin))
        {
            mistakes.Add(
                "Set ConnectionStrings__postgres to the connection string of a role that may create roles and databases."
            );
        }

        var database = configuration["Database"] ?? "datadog";
        if (!Identifier().IsMatch(database))
        {
            mistakes.Add($"Database: '{database}' is not a lower-case identifier.");
        }

        var schemas = ReadSchemas(configuration, folder, mistakes);
        mistakes.AddRange(
            from schema in schemas
            where schema.Password.Length == 0
            select $"Schemas__{schema.Name}__Password is not set."
        );
        if (schemas.Count == 0)
        {
            mistakes.Add("Name at least one schema: Schemas__{name}__Scripts and Schemas__{name}__Password.");
        }

        return new MigrationPlan(admin ?? "", database, schemas, mistakes);
    }

    internal static IReadOnlyList<Schema> ReadSchemas(
        IConfiguration configuration,
        string folder,
        ICollection<string> mistakes
    ) =>
        [.. configuration.GetSection("Schemas").GetChildren().Select(section => ReadSchema(section, folder, mistakes))];

    /// <summary>The scripts of a folder in the order of their numbers.</summary>
    public static IReadOnlyList<Script> ReadScripts(string folder, ICollection<string> mistakes)
    {
        if (!Directory.Exists(folder))
        {
            mistakes.Add($"There is no folder of scripts '{Path.GetFileName(folder)}'.");
            return [];
        }

        var scripts = new List<Script>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.sql").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (ScriptName().Match(name) is { Success: true } match)
            {
                scripts.Add(new Script(int.Parse(match.Groups[1].Value), name, File.ReadAllText(path)));
            }
            else
            {
                mistakes.Add($"'{name}' is not named like 001_what_it_does.sql.");
            }
        }

        if (!scripts.Select(s => s.Number).SequenceEqual(Enumerable.Range(1, scripts.Count)))
        {
            mistakes.Add(
                $"The scripts of '{Path.GetFileName(folder)}' are not numbered 1, 2, 3 without gaps or repeats."
            );
        }

        return scripts;
    }

    private static Schema ReadSchema(IConfigurationSection section, string folder, ICollection<string> mistakes)
    {
        if (!Identifier().IsMatch(section.Key))
        {
            mistakes.Add($"Schema '{section.Key}' is not a lower-case identifier.");
        }

        return new Schema(
            section.Key,
            section["Password"] ?? "",
            ReadScripts(Path.Combine(folder, section["Scripts"] ?? section.Key), mistakes)
        );
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^([0-9]{3})_[a-z0-9_]+\.sql\z")]
    private static partial Regex ScriptName();
}
