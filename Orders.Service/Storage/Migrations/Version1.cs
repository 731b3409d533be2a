using Bus.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Orders.Service.Storage.Migrations;

/// <summary>The tables of the first release, the roles and their grants.</summary>
[DbContext(typeof(OrdersDbContext))]
[Migration("0001_Version1")]
internal sealed class Version1 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(BusStorageModel.SchemaVersion1);
        migrationBuilder.Sql(SqlText.Read(typeof(Version1).Assembly, "Orders.v1.sql"));
        migrationBuilder.Sql(SqlText.Read(typeof(Version1).Assembly, "Grants.v1.sql"));
    }
}
