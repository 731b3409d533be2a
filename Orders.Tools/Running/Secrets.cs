using System.Security.Cryptography;

namespace Orders.Tools.Running;

/// <summary>The passwords of a private system: made once, kept in a file that only its owner reads.</summary>
internal sealed record Secrets(string Superuser, string Owner, string Service, string Gateway, string Redis)
{
    public static Secrets Of(Workspace workspace)
    {
        if (StateFile.Read<Secrets>(workspace.SecretsFile) is { } kept)
        {
            return kept;
        }

        var made = new Secrets(Password(), Password(), Password(), Password(), Password());
        StateFile.Write(workspace.SecretsFile, made);
        return made;
    }

    private static string Password() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
